import { expect, test } from 'vitest';
import { plainNumber, readNumber, shortAmount } from './amount.ts';

test('numbers are read as they are written', () => {
  for (const [typed, read] of [
    ['12.34', '12.34'],
    ['12,34', '12.34'],
    ['1.234,50', '1234.50'],
    ['1,234.50', '1234.50'],
    ['1,234', '1234'],
    ['1,234,567', '1234567'],
    [' 1 234,5 ', '1234.5'],
    ['۱۲٫۵', '12.5'],
    ['۱٬۲۳۴', '1234'],
    ['٣', '3'],
    ['x', 'x'],
  ] as const) {
    expect(plainNumber(typed), typed).toBe(read);
  }
  expect(readNumber('x')).toBe(0);
  expect(shortAmount('12.00')).toBe('12');
  expect(shortAmount('12.50')).toBe('12.50');
});
