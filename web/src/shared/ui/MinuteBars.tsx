import classes from './MinuteBars.module.css';

interface Minute {
  at: string;
  events: number;
}

/** A bar for each minute, the newest at the end. Bars start at zero. */
export function MinuteBars({ minutes, label, tip }: { minutes: Minute[]; label: string; tip: (m: Minute) => string }) {
  const most = Math.max(1, ...minutes.map((m) => m.events));
  return (
    <div className={classes.bars} role="img" aria-label={label}>
      {minutes.map((m) => (
        <span key={m.at.slice(0, 16)} className={classes.slot} title={tip(m)}>
          <span className={classes.bar} style={{ height: `${Math.round((m.events / most) * 100)}%` }} />
        </span>
      ))}
    </div>
  );
}
