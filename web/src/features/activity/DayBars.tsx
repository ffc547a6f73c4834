import { useFormat } from '@/shared/format/useFormat.ts';
import classes from './Dictionary.module.css';

interface Day {
  day: string;
  events: number;
}

const dayMs = 86_400_000;

/** A bar for each day up to today, from the first one that has any; at least a week. Bars start at zero. */
export function DayBars({ days, label, small }: { days: Day[]; label: string; small?: boolean }) {
  const f = useFormat();
  const last = Math.max(Date.now() - (Date.now() % dayMs), ...days.map((d) => Date.parse(d.day)));
  const count = small ? 30 : Math.max(7, days[0] ? Math.round((last - Date.parse(days[0].day)) / dayMs) + 1 : 7);
  const of = new Map(days.map((d) => [d.day, d.events]));
  const most = Math.max(1, ...days.map((d) => d.events));
  const shown = Array.from({ length: count }, (_, i) => new Date(last - (count - 1 - i) * dayMs).toISOString().slice(0, 10));
  return (
    <div className={small ? `${classes.bars} ${classes.low}` : classes.bars} role="img" aria-label={label}>
      {shown.map((day) => {
        const n = of.get(day) ?? 0;
        return (
          <span key={day} className={classes.slot} title={`${f.day(day)}: ${f.number(n)}`}>
            <span className={classes.bar} style={{ height: n === 0 ? 0 : `max(2px, ${(n / most) * 100}%)` }} />
          </span>
        );
      })}
    </div>
  );
}
