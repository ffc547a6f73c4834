import { expect, test } from 'vitest';
import { headingsOf, kindOf, pace } from './columns.ts';

test.each([
  ['id,email,total\n1,a,b', ['id', 'email', 'total']],
  ['\uFEFFid;"last; name";email\r\n', ['id', 'last; name', 'email']],
  ['a\tb\tc', ['a', 'b', 'c']],
  ['"two\nlines","say ""hi"""\n1,2', ['two\nlines', 'say "hi"']],
  ['{"id": 1}\n{"id": 2}', []],
  ['', []],
])('headings of %j', (text, want) => expect(headingsOf(text)).toEqual(want));

test('the name of a file tells what it holds', () => {
  expect(kindOf('orders-2026.csv', [])).toBe('orders');
  expect(kindOf('export.csv', ['Email', 'First name'])).toBe('customers');
  expect(kindOf('x.csv', ['a'])).toBeUndefined();
});

test('a third done after ten seconds leaves twenty', () => {
  const i = { position: 100, total_bytes: 300, created_at: '', started_at: '2026-11-24T10:00:00Z', updated_at: '2026-11-24T10:00:10Z' };
  expect(pace(i).share).toBeCloseTo(1 / 3);
  expect(pace(i).secondsLeft).toBeCloseTo(20);
  expect(pace({ ...i, position: 0 }).secondsLeft).toBeUndefined();
});
