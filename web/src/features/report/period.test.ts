import { CalendarDate } from '@internationalized/date';
import { describe, expect, test } from 'vitest';
import { dayAfter, daysIn, periodBefore, presetPeriod, yearUpTo } from './period.ts';

const now = new CalendarDate(2026, 11, 24); // 3 Azar 1405

describe('presets', () => {
  test.each([
    ['7d', 'gregory', '2026-11-18', '2026-11-24'],
    ['28d', 'gregory', '2026-10-28', '2026-11-24'],
    ['month', 'gregory', '2026-11-01', '2026-11-24'],
    ['month', 'persian', '2026-11-22', '2026-11-24'],
    ['lastMonth', 'gregory', '2026-10-01', '2026-10-31'],
    ['lastMonth', 'persian', '2026-10-23', '2026-11-21'],
    ['year', 'gregory', '2026-01-01', '2026-11-24'],
    ['year', 'persian', '2026-03-21', '2026-11-24'],
  ] as const)('%s in the %s calendar', (key, calendar, from, until) => {
    expect(presetPeriod(key, calendar, now)).toEqual({ from, until });
  });
});

test('the end that the API gets is the day after', () => {
  expect(dayAfter('2026-12-31')).toBe('2027-01-01');
  expect(dayAfter('2024-02-28')).toBe('2024-02-29');
});

test('the period before is as long and ends where this one begins', () => {
  const p = { from: '2026-10-28', until: '2026-11-24' };
  const before = periodBefore(p, 'previous');
  expect(before).toEqual({ from: '2026-09-30', until: '2026-10-27' });
  expect(daysIn(before)).toBe(daysIn(p));
  expect(periodBefore(p, 'year')).toEqual({ from: '2025-10-28', until: '2025-11-24' });
});

test('the year up to a day has each of its days once', () => {
  expect(yearUpTo('1998-06-30')).toEqual({ from: '1997-07-01', until: '1998-06-30' });
  expect(daysIn(yearUpTo('1998-06-30'))).toBe(365);
  expect(daysIn(yearUpTo('2024-02-29'))).toBe(366);
});
