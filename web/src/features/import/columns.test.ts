import { expect, test } from 'vitest';
import { isIdle, pace, remap } from './columns.ts';

const columns = [
  { name: 'Nr', field: 'order_id' },
  { name: 'Sum', field: 'total' },
  { name: 'Other', field: '' },
];

test('only what was said is kept, and a column gives up the field that it had', () => {
  expect(remap(columns, { header: 'none' }, 'Other', 'total')).toEqual({ header: 'none', total: 'Other' });
  expect(remap(columns, {}, 'Sum', '')).toEqual({ total: '-' });
  expect(remap(columns, { total: 'Sum', tax: '-' }, 'Sum', 'tax')).toEqual({ total: '-', tax: 'Sum' });
});

test('a third done after ten seconds leaves twenty', () => {
  const i = { position: 100, total_bytes: 300, created_at: '', started_at: '2026-11-24T10:00:00Z', updated_at: '2026-11-24T10:00:10Z' };
  expect(pace(i).share).toBeCloseTo(1 / 3);
  expect(pace(i).secondsLeft).toBeCloseTo(20);
  expect(pace({ ...i, position: 0 }).secondsLeft).toBeUndefined();
});

test('an empty column that somebody gave a field is not put out of sight', () => {
  expect(isIdle({ looks: 'empty', field: '' })).toBe(true);
  expect(isIdle({ looks: 'empty', field: 'sku' })).toBe(false);
  expect(isIdle({ looks: 'text', field: '' })).toBe(false);
});
