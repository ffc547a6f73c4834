import { describe, expect, test } from 'vitest';
import { makeFormat } from './format.ts';

const plain = (s: string) => s.replaceAll(/[\u200e\u200f\u2066-\u2069]/g, '').replaceAll(/[\u00a0\u202f\u2009]/g, ' ');

const en = makeFormat({ language: 'en', calendar: '', zone: 'Europe/Berlin' });
const fa = makeFormat({ language: 'fa', calendar: '', zone: 'Asia/Tehran' });
const faGregorian = makeFormat({ language: 'fa', calendar: 'gregory', zone: 'Asia/Tehran' });
const enJalali = makeFormat({ language: 'en', calendar: 'persian', zone: 'UTC' });

describe('dates', () => {
  test.each([
    ['a day of the Gregorian calendar', en.day('2026-11-24'), '24 Nov 2026'],
    ['a Persian reader gets Jalali dates with his digits', fa.day('2026-11-24'), '۳ آذر ۱۴۰۵'],
    ['the first day of a Jalali year', fa.day('2026-03-21'), '۱ فروردین ۱۴۰۵'],
    ['the leap day of 1403', fa.day('2025-03-20'), '۳۰ اسفند ۱۴۰۳'],
    ['Gregorian in Persian, where he asks for it', faGregorian.day('2026-11-24'), '۲۴ نوامبر ۲۰۲۶'],
    ['the weekday stands first', fa.dayLong('2026-11-24'), 'سه‌شنبه، ۳ آذر ۱۴۰۵'],
    ['an English weekday', en.dayLong('2026-11-24'), 'Tuesday, 24 November 2026'],
  ])('%s', (_, got, want) => expect(plain(got)).toBe(want));

  test('Jalali in English shows no era', () => expect(plain(enJalali.dayShort('2026-11-24'))).toBe('3 Azar'));

  test('an instant is shown in the reporting zone', () => {
    expect(en.time('2026-11-24T23:30:00Z')).toBe('00:30');
    expect(en.dayKey('2026-11-24T23:30:00Z')).toBe('2026-11-25');
    expect(fa.time('2026-11-24T20:00:00Z')).toBe('۲۳:۳۰');
  });

  test('nonsense gives nothing', () => expect(en.day('soon')).toBe(''));

  test('a range of days', () => expect(plain(en.dayRange('2026-10-28', '2026-11-24'))).toMatch(/^28 Oct ?– ?24 Nov 2026$/));

  test('how long ago', () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    expect(en.ago('2026-11-24T11:57:00Z', now)).toBe('3 minutes ago');
    expect(fa.ago('2026-11-24T11:57:00Z', now)).toBe('۳ دقیقه پیش');
    expect(en.ago('2026-10-01T00:00:00Z', now)).toBe('1 Oct 2026');
  });
});

describe('money', () => {
  test.each([
    ['cents', en.money({ amount: '1234.50', currency: 'EUR' }), '€1,234.50'],
    ['a currency without minor units', en.money({ amount: '1200', currency: 'JPY' }), '¥1,200'],
    ['three digits', en.money({ amount: '1.234', currency: 'KWD' }), 'KWD 1.234'],
    ['beyond what a float holds', en.money({ amount: '90071992547409931.25', currency: 'EUR' }), '€90,071,992,547,409,931.25'],
    ['negative', en.money({ amount: '-5.00', currency: 'EUR' }), '-€5.00'],
    ['Persian digits', fa.money({ amount: '1234.50', currency: 'EUR' }), '€۱٬۲۳۴٫۵۰'],
    ['nothing', en.money(undefined), ''],
    ['a code that is no currency', en.money({ amount: '5.00', currency: '' }), '5'],
  ])('%s', (_, got, want) => expect(plain(got)).toBe(want));

  test('large figures lose their cents, small ones keep them', () => {
    expect(en.moneyRound({ amount: '48210.55', currency: 'EUR' })).toBe('€48,211');
    expect(en.moneyRound({ amount: '64.28', currency: 'EUR' })).toBe('€64.28');
  });
});

describe('numbers', () => {
  test('digits and separators of the reader', () => {
    expect(en.number(1234567)).toBe('1,234,567');
    expect(fa.number(1234567)).toBe('۱٬۲۳۴٬۵۶۷');
  });

  test('a change carries its sign', () => {
    expect(plain(en.change(0.098))).toBe('+9.8%');
    expect(plain(en.change(-0.5))).toBe('-50%');
    expect(plain(en.change(0))).toBe('0%');
  });

  test('a span of time', () => {
    expect(plain(en.duration(250))).toBe('4 mins 10 secs');
    expect(plain(en.duration(7))).toBe('7 secs');
  });
});
