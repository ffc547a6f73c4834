import { expect, test } from 'vitest';
import { asked, dayAfter, fileAddress, picked } from './search.ts';

interface Search {
  q?: string;
  known?: boolean;
  from?: string;
  sort?: 'a' | 'b';
}

test('the address gives what a list can understand, and nothing else', () => {
  const kinds = { q: 'text', known: 'flag', from: 'day', sort: ['a', 'b'] } as const;
  expect(picked<Search>({ q: 1001, known: false, from: '2026-02-28', sort: 'b', other: 1 }, kinds)).toEqual({
    q: '1001',
    known: false,
    from: '2026-02-28',
    sort: 'b',
  });
  expect(picked<Search>({ q: '', known: 'yes', from: '2026-99-99', sort: 'c' }, kinds)).toEqual({});
  expect(picked<Search>({ q: { a: 1 }, from: 20260101 }, kinds)).toEqual({});
});

test('the last day of a stretch belongs to it', () => {
  expect(dayAfter('2026-02-28')).toBe('2026-03-01');
  expect(dayAfter('2024-12-31')).toBe('2025-01-01');
  expect(dayAfter(undefined)).toBeUndefined();
});

test('a file is asked for by the filters of its list', () => {
  expect(asked({ a: '', b: undefined, c: 'x' })).toEqual({ c: 'x' });
  const choice = { format: 'csv', columns: 'id,name', bom: true } as const;
  expect(fileAddress('/list', { q: 'a&b', limit: 100, sort: undefined }, choice)).toBe(
    '/list?q=a%26b&format=csv&columns=id%2Cname&bom=true',
  );
  expect(fileAddress('/list', {}, { ...choice, format: 'xlsx', columns: '' })).toBe('/list?format=xlsx');
});
