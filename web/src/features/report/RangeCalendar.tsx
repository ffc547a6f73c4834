import { parseDate, toCalendar } from '@internationalized/date';
import {
  RangeCalendar as AriaRange,
  Button,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  Heading,
  I18nProvider,
} from 'react-aria-components';
import { useFormat } from '@/shared/format/useFormat.ts';
import { IconChevronLeft, IconChevronRight } from '@/shared/ui/icons.ts';
import { calendarOf, type Period, todayIn } from './period.ts';
import classes from './RangeCalendar.module.css';

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
        className={classes.calendar ?? ''}
        defaultValue={{ start: toCalendar(parseDate(period.from), calendar), end: toCalendar(parseDate(period.until), calendar) }}
        defaultFocusedValue={toCalendar(parseDate(period.until), calendar)}
        maxValue={todayIn(f.zone)}
        onChange={({ start, end }) =>
          onChange({ from: toCalendar(start, calendarOf('gregory')).toString(), until: toCalendar(end, calendarOf('gregory')).toString() })
        }
      >
        <div className={classes.head}>
          <Button slot="previous" className={classes.step ?? ''}>
            <IconChevronLeft size={18} className="mirror" aria-hidden />
          </Button>
          <Heading className={classes.month ?? ''} level={3} />
          <Button slot="next" className={classes.step ?? ''}>
            <IconChevronRight size={18} className="mirror" aria-hidden />
          </Button>
        </div>
        <CalendarGrid weekdayStyle="short" className={classes.grid ?? ''}>
          <CalendarGridHeader>
            {(day) => <CalendarHeaderCell className={classes.weekday ?? ''}>{day}</CalendarHeaderCell>}
          </CalendarGridHeader>
          <CalendarGridBody>
            {(date) => (
              // The cell has its full date as a label; the bare number would be read a second time.
              <CalendarCell date={date} className={classes.day ?? ''}>
                {({ formattedDate }) => <span className={classes.digits} data-day={formattedDate} />}
              </CalendarCell>
            )}
          </CalendarGridBody>
        </CalendarGrid>
      </AriaRange>
    </I18nProvider>
  );
}
