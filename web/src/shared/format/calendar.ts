import { type Calendar, GregorianCalendar, PersianCalendar } from '@internationalized/date';

/** The calendar of a name as Intl has it. */
export function calendarOf(name: string): Calendar {
  return name === 'persian' ? new PersianCalendar() : new GregorianCalendar();
}
