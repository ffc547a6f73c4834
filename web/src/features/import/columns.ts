export const kinds = ['customers', 'orders', 'order_lines', 'products', 'events', 'web_logs'] as const;

interface Named {
  name: string;
  field: string;
}

/** A column without anything in it that stands for nothing: systems export dozens of them. */
export function isIdle(column: { looks: string; field: string }): boolean {
  return column.looks === 'empty' && !column.field;
}

/**
 * The mapping after one column was given another field. Only what somebody said is kept, the rest is guessed as before; a field taken from a column is
 * left out by name, else the heading would bring it back.
 */
export function remap(columns: Named[], mapping: Record<string, string>, column: string, field: string): Record<string, string> {
  const out = Object.fromEntries(Object.entries(mapping).filter(([, v]) => v !== column));
  const had = columns.find((c) => c.name === column)?.field;
  if (had && had !== field) out[had] = '-';
  if (field) out[field] = column;
  return out;
}

interface Paced {
  position: number;
  total_bytes: number;
  created_at: string;
  started_at?: string;
  updated_at: string;
}

/** How far an import is and how long it still takes, by its start and its last sign of life. */
export function pace(i: Paced): { share: number; secondsLeft: number | undefined } {
  const seconds = (Date.parse(i.updated_at) - Date.parse(i.started_at ?? i.created_at)) / 1000;
  const share = i.total_bytes > 0 ? Math.min(1, i.position / i.total_bytes) : 0;
  return { share, secondsLeft: share > 0.01 && seconds > 0.5 ? (seconds / share) * (1 - share) : undefined };
}
