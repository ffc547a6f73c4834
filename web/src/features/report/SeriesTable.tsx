import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type FigureKey, pointOf } from './figures.ts';
import classes from './Overview.module.css';
import type { Overview } from './queries.ts';

/** The numbers behind the chart. */
export function SeriesTable({ overview, figure, money }: { overview: Overview; figure: FigureKey; money: boolean }) {
  const { t } = useTranslation('report');
  const f = useFormat();
  const currency = overview.revenue.currency;
  const show = (n: number | undefined) =>
    n === undefined ? '–' : money ? f.money({ amount: String(Math.round(n * 100) / 100), currency }) : f.number(n);
  const before = overview.previous_series ?? [];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reached by keyboard
    <div className={classes.tableBox} tabIndex={0} role="region" aria-label={t(`figure.${figure}`)}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t('table.day')}</th>
            <th scope="col">{t(`figure.${figure}`)}</th>
            <th scope="col">{t('compare.before')}</th>
          </tr>
        </thead>
        <tbody>
          {(overview.series ?? []).map((p, i) => (
            <tr key={p.day}>
              <th scope="row">{f.day(p.day)}</th>
              <td>{show(pointOf(p, figure))}</td>
              <td className="dim">{before[i] ? show(pointOf(before[i], figure)) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
