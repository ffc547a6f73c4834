import {
  type CalendarDate,
  endOfMonth,
  GregorianCalendar,
  parseDate,
  startOfMonth,
  startOfYear,
  toCalendar,
  today,
} from '@internationalized/date';
import { calendarOf } from '@/shared/format/calendar.ts';

export type PresetKey = '7d' | '28d' | '90d' | 'month' | 'lastMonth' | 'year' | 'custom';

export const presets: PresetKey[] = ['7d', '28d', '90d', 'month', 'lastMonth', 'year'];

/** Days of the reporting zone, both inclusive, as the reader names them. */
export interface Period {
  from: string;
  until: string;
}

function iso(date: CalendarDate): string {
  return toCalendar(date, new GregorianCalendar()).toString();
}

/** The days a preset stands for; months and years are those of the reader's calendar. Today counts, so that the newest sale is in sight. */
export function presetPeriod(key: PresetKey, calendar: string, now: CalendarDate): Period {
  const day = toCalendar(now, calendarOf(calendar));
  const back = (days: number): Period => ({ from: iso(day.subtract({ days: days - 1 })), until: iso(day) });
  switch (key) {
    case '7d':
      return back(7);
    case '90d':
      return back(90);
    case 'month':
      return { from: iso(startOfMonth(day)), until: iso(day) };
    case 'lastMonth': {
      const last = day.subtract({ months: 1 });
      return { from: iso(startOfMonth(last)), until: iso(endOfMonth(last)) };
    }
    case 'year':
      return { from: iso(startOfYear(day)), until: iso(day) };
    default:
      return back(28);
  }
}

export function todayIn(zone: string): CalendarDate {
  return today(zone);
}

/** The API's end is exclusive. */
export function dayAfter(day: string): string {
  return parseDate(day).add({ days: 1 }).toString();
}

export function daysIn(p: Period): number {
  return parseDate(p.until).compare(parseDate(p.from)) + 1;
}

/** The year that ends with a day. */
export function yearUpTo(day: string): Period {
  return { from: parseDate(day).subtract({ years: 1 }).add({ days: 1 }).toString(), until: day };
}

/** The period that a comparison looks at, for its label; the server works out the figures. */
export function periodBefore(p: Period, compare: 'previous' | 'year'): Period {
  const from = parseDate(p.from);
  if (compare === 'year')
    return { from: from.subtract({ years: 1 }).toString(), until: parseDate(p.until).subtract({ years: 1 }).toString() };
  return { from: from.subtract({ days: daysIn(p) }).toString(), until: from.subtract({ days: 1 }).toString() };
}
