import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import { LineChart, type Point } from '@/shared/chart/LineChart.tsx';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type FigureKey, pointOf } from './figures.ts';
import type { Overview } from './queries.ts';

interface Props {
  overview: Overview;
  figure: FigureKey;
  money: boolean;
}

/** The chosen figure day by day, over the period before as a dashed line. */
export function SeriesChart({ overview, figure, money }: Props) {
  const { t } = useTranslation('report');
  const f = useFormat();
  const currency = overview.revenue.currency;
  const parts = useMemo(() => {
    const points = (series: Overview['series']): Point[] => (series ?? []).map((p) => ({ day: p.day, value: pointOf(p, figure) ?? null }));
    return {
      now: points(overview.series),
      before: points(overview.previous_series),
      names: [t(`figure.${figure}`), t('compare.before')] as [string, string],
      short: (n: number) => (money ? f.moneyCompact({ amount: String(n), currency }) : f.compact(n)),
      exact: (n: number | undefined) =>
        n === undefined ? '–' : money ? f.money({ amount: String(Math.round(n * 100) / 100), currency }) : f.number(n),
    };
  }, [overview, figure, money, currency, f, t]);
  return <LineChart label={t('chart.label', { figure: t(`figure.${figure}`) })} {...parts} />;
}
