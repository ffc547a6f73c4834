/** What a parameter of a list's address may hold: a text, yes or no, a day, or one of a few words. */
export type Kind = 'text' | 'flag' | 'day' | readonly string[];

/** Reads the state of a list from the address: what is not known there, or cannot be, is left out. */
export function picked<T>(search: Record<string, unknown>, kinds: Record<keyof T & string, Kind>): T {
  const out: Record<string, unknown> = {};
  for (const [key, kind] of Object.entries<Kind>(kinds)) {
    const raw = search[key];
    const text = typeof raw === 'number' ? String(raw) : raw;
    if (kind === 'flag') {
      if (typeof raw === 'boolean') out[key] = raw;
    } else if (typeof text !== 'string' || text === '') continue;
    else if (
      kind === 'text' ||
      (kind === 'day' ? /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text)) : kind.includes(text))
    )
      out[key] = text;
  }
  return out as T;
}

/** The day after, as lists are asked: their last day is not part of the stretch. */
export function dayAfter(day: string | undefined): string | undefined {
  if (!day) return undefined;
  const next = new Date(`${day}T00:00:00Z`);
  next.setUTCDate(next.getUTCDate() + 1);
  return next.toISOString().slice(0, 10);
}

/** Yes and no as the API writes them. */
export function word(flag: boolean | undefined): 'true' | 'false' | undefined {
  return flag === undefined ? undefined : flag ? 'true' : 'false';
}

/** Leaves out what is not asked. */
export function asked<T extends object>(query: T): T {
  return Object.fromEntries(Object.entries(query).filter(([, v]) => v !== undefined && v !== '')) as T;
}

/** What is chosen for a file. */
export interface FileChoice {
  format: 'csv' | 'xlsx';
  columns: string;
  bom: boolean;
}

/** The address at which a list is a file. */
export function fileAddress(path: string, query: object, choice: FileChoice): string {
  const all = { ...asked(query), format: choice.format, columns: choice.columns, bom: choice.format === 'csv' && choice.bom ? 'true' : '' };
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(all)) if (value !== '' && key !== 'limit') params.set(key, String(value));
  return `${path}?${params}`;
}
