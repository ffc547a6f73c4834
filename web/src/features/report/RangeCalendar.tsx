import { parseDate, toCalendar } from '@internationalized/date';
import { RangeCalendar as AriaRange, I18nProvider } from 'react-aria-components';
import { calendarOf } from '@/shared/format/calendar.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Month, rangeClass } from '@/shared/ui/Month.tsx';
import { type Period, todayIn } from './period.ts';

interface Props {
  period: Period;
  label: string;
  onChange: (p: Period) => void;
}

/** A month in the reader's own calendar, in which he draws the first and the last day. */
export default function RangeCalendar({ period, label, onChange }: Props) {
  const f = useFormat();
  const calendar = calendarOf(f.calendar);
  return (
    <I18nProvider locale={`${f.locale}-u-ca-${f.calendar}`}>
      <AriaRange
        aria-label={label}
        className={rangeClass}
        defaultValue={{ start: toCalendar(parseDate(period.from), calendar), end: toCalendar(parseDate(period.until), calendar) }}
        defaultFocusedValue={toCalendar(parseDate(period.until), calendar)}
        maxValue={todayIn(f.zone)}
        onChange={({ start, end }) =>
          onChange({ from: toCalendar(start, calendarOf('gregory')).toString(), until: toCalendar(end, calendarOf('gregory')).toString() })
        }
      >
        <Month />
      </AriaRange>
    </I18nProvider>
  );
}
