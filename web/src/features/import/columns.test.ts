import { expect, test } from 'vitest';
import { pace, remap } from './columns.ts';

const columns = [
  { name: 'Nr', field: 'order_id' },
  { name: 'Sum', field: 'total' },
  { name: 'Other', field: '' },
];

test('a column that gets another field gives up its own, and so does the column that had it', () => {
  expect(remap(columns, { header: 'none' }, 'Other', 'total')).toEqual({ header: 'none', order_id: 'Nr', total: 'Other' });
  expect(remap(columns, {}, 'Sum', '')).toEqual({ order_id: 'Nr', total: '-' });
  expect(remap(columns, { tax: '-' }, 'Sum', 'tax')).toEqual({ order_id: 'Nr', total: '-', tax: 'Sum' });
});

test('a third done after ten seconds leaves twenty', () => {
  const i = { position: 100, total_bytes: 300, created_at: '', started_at: '2026-11-24T10:00:00Z', updated_at: '2026-11-24T10:00:10Z' };
  expect(pace(i).share).toBeCloseTo(1 / 3);
  expect(pace(i).secondsLeft).toBeCloseTo(20);
  expect(pace({ ...i, position: 0 }).secondsLeft).toBeUndefined();
});
