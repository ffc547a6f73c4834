import type { Money } from '@/shared/format/format.ts';
import type { Overview, RowsFigure } from './queries.ts';

export type FigureKey =
  | 'revenue'
  | 'refunds'
  | 'net_revenue'
  | 'average_order'
  | 'orders'
  | 'new_customers'
  | 'returning_customers'
  | 'sessions';

export interface Figure {
  key: FigureKey;
  money: boolean;
  lessIsBetter?: boolean;
  /** The list behind it, where the server keeps one. */
  rows?: RowsFigure;
}

export const figures: Figure[] = [
  { key: 'revenue', money: true, rows: 'orders' },
  { key: 'refunds', money: true, lessIsBetter: true, rows: 'refunds' },
  { key: 'net_revenue', money: true, rows: 'orders' },
  { key: 'average_order', money: true, rows: 'orders' },
  { key: 'orders', money: false, rows: 'orders' },
  { key: 'new_customers', money: false, rows: 'new_customers' },
  { key: 'returning_customers', money: false, rows: 'customers' },
  { key: 'sessions', money: false },
];

export type Figures = Partial<Record<FigureKey | 'customers', Money | number>>;

/** The figure as a plain number, for drawing and comparing; money is shown from its own text, never from this. */
export function amountOf(of: Figures | null | undefined, key: keyof Figures): number | undefined {
  const v = of?.[key];
  if (v === undefined || v === null) return undefined;
  return typeof v === 'number' ? v : Number(v.amount);
}

type Point = NonNullable<Overview['series']>[number];

/** A figure of one day; what the server does not send a day is worked out of what it sends. */
export function pointOf(point: Point, key: FigureKey): number | undefined {
  const p = point as unknown as Figures;
  const own = amountOf(p, key);
  if (own !== undefined) return own;
  if (key === 'average_order') {
    const orders = amountOf(p, 'orders');
    const revenue = amountOf(p, 'revenue');
    return orders && revenue !== undefined ? revenue / orders : 0;
  }
  if (key === 'net_revenue') return (amountOf(p, 'revenue') ?? 0) - (amountOf(p, 'refunds') ?? 0);
  if (key === 'returning_customers') return (amountOf(p, 'customers') ?? 0) - (amountOf(p, 'new_customers') ?? 0);
  return undefined;
}
