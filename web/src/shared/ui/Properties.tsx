import classes from './Properties.module.css';

/** Names and values as they came from outside. */
export function Properties({ of }: { of: Record<string, unknown> }) {
  return (
    <dl className={classes.list}>
      {Object.entries(of).map(([key, value]) => (
        <div key={key}>
          <dt dir="auto">{key}</dt>
          <dd dir="auto">{show(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function show(value: unknown): string {
  if (value === null || value === undefined) return '–';
  if (typeof value === 'object') {
    const v = value as Record<string, unknown>;
    if (typeof v.amount === 'string' && typeof v.currency === 'string') return `${v.amount} ${v.currency}`;
    return JSON.stringify(value);
  }
  return String(value);
}
