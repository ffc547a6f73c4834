import { parseDate, toCalendar } from '@internationalized/date';
import { Calendar, I18nProvider } from 'react-aria-components';
import { calendarOf } from '../format/calendar.ts';
import { useFormat } from '../format/useFormat.ts';
import { dayClass, Month } from './Month.tsx';

interface Props {
  /** "2026-11-24" */
  value: string;
  label: string;
  onChange: (day: string) => void;
}

/** A month in the reader's own calendar, in which he chooses a day. */
export default function DayCalendar({ value, label, onChange }: Props) {
  const f = useFormat();
  const day = toCalendar(parseDate(value), calendarOf(f.calendar));
  return (
    <I18nProvider locale={`${f.locale}-u-ca-${f.calendar}`}>
      <Calendar
        aria-label={label}
        className={dayClass}
        defaultValue={day}
        defaultFocusedValue={day}
        autoFocus
        onChange={(d) => onChange(toCalendar(d, calendarOf('gregory')).toString())}
      >
        <Month />
      </Calendar>
    </I18nProvider>
  );
}
