import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { LineChart } from '@/shared/chart/LineChart.tsx';
import { useFormat } from '@/shared/format/useFormat.ts';
import { FilterChip } from '@/shared/list/Toolbar.tsx';
import { Card } from '@/shared/ui/Card.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import classes from './Catalog.module.css';
import { type Sale, useSale } from './queries.ts';
import { type Span, spans } from './search.ts';

type FigureKey = 'revenue' | 'units' | 'orders' | 'returned_orders';
const figures: FigureKey[] = ['revenue', 'units', 'orders', 'returned_orders'];

/** How the product sells: units, money, orders, buyers and what came back, with the days before. */
export function SaleCard({ id }: { id: string }) {
  const { t } = useTranslation('catalog');
  const f = useFormat();
  const [span, setSpan] = useState<Span>(90);
  const until = f.dayKey(Date.now());
  const from = f.dayKey(Date.now() - (span - 1) * 86_400_000);
  const query = useSale(id, from, until, true);
  return (
    <Card title={t('sale.title')}>
      <div className={classes.spans}>
        {spans.map((s) => (
          <FilterChip key={s} on={span === s} onChange={() => setSpan(s)}>
            {t('sale.days', { count: s })}
          </FilterChip>
        ))}
      </div>
      <Loaded query={query}>{(sale) => <Figures sale={sale} id={id} />}</Loaded>
    </Card>
  );
}

function Figures({ sale, id }: { sale: Sale; id: string }) {
  const { t } = useTranslation('catalog');
  const f = useFormat();
  const [figure, setFigure] = useState<FigureKey>('revenue');
  const currency = sale.revenue.currency;
  const money = figure === 'revenue';
  const parts = useMemo(
    () => ({
      now: (sale.series ?? []).map((p) => ({ day: p.day, value: money ? Number(p.revenue.amount) : p[figure as 'units'] })),
      names: [t(`sale.${figure}`), ''] as [string, string],
      short: (n: number) => (money ? f.moneyCompact({ amount: String(n), currency }) : f.compact(n)),
      exact: (n: number | undefined) => (n === undefined ? '–' : money ? f.money({ amount: String(n), currency }) : f.number(n)),
    }),
    [sale, figure, money, currency, f, t],
  );
  const shown = (s: Sale | Sale['previous'], k: FigureKey) => (k === 'revenue' ? f.moneyRound(s.revenue) : f.number(s[k]));
  return (
    <>
      <div className={classes.figures}>
        {figures.map((k) => (
          <button type="button" key={k} className={classes.figure} aria-pressed={figure === k} onClick={() => setFigure(k)}>
            <span className="small dim">{t(`sale.${k}`)}</span>
            <strong>{shown(sale, k)}</strong>
            <span className="small dim">{t('sale.before', { value: shown(sale.previous, k) })}</span>
          </button>
        ))}
        <div className={classes.figure}>
          <span className="small dim">{t('sale.buyers')}</span>
          <strong>{f.number(sale.buyers)}</strong>
          <span className="small dim">{t('sale.before', { value: f.number(sale.previous.buyers) })}</span>
        </div>
      </div>
      <LineChart label={t('sale.chart', { figure: t(`sale.${figure}`) })} {...parts} />
      <p className="small dim">{t('sale.help')}</p>
      <Link to="/orders" search={{ product: id }} className="small">
        {t('sale.orderList')}
      </Link>
    </>
  );
}
