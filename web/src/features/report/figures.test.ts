import { expect, test } from 'vitest';
import { changeOf } from '@/shared/ui/Figure.tsx';
import { amountOf, pointOf } from './figures.ts';

const eur = (amount: string) => ({ amount, currency: 'EUR' });
const day = {
  day: '2026-11-24',
  customers: 9,
  events: 100,
  new_customers: 4,
  orders: 10,
  refunds: eur('20.00'),
  revenue: eur('500.00'),
  sessions: 80,
};

test('what a day does not say is worked out', () => {
  expect(pointOf(day, 'average_order')).toBe(50);
  expect(pointOf(day, 'net_revenue')).toBe(480);
  expect(pointOf(day, 'returning_customers')).toBe(5);
  expect(pointOf({ ...day, orders: 0 }, 'average_order')).toBe(0);
});

test('a figure that is not there is not zero', () => {
  expect(amountOf(undefined, 'orders')).toBeUndefined();
  expect(changeOf(5, undefined)).toBeUndefined();
  expect(changeOf(5, 0)).toBeUndefined();
  expect(changeOf(110, 100)).toBeCloseTo(0.1);
});
