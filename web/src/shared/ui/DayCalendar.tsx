import { type Calendar as DateCalendar, GregorianCalendar, PersianCalendar, parseDate, toCalendar } from '@internationalized/date';
import {
  Button,
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  Heading,
  I18nProvider,
} from 'react-aria-components';
import { useFormat } from '../format/useFormat.ts';
import classes from './DayCalendar.module.css';
import { IconChevronLeft, IconChevronRight } from './icons.ts';

interface Props {
  /** "2026-11-24" */
  value: string;
  label: string;
  onChange: (day: string) => void;
}

function calendarOf(name: string): DateCalendar {
  return name === 'persian' ? new PersianCalendar() : new GregorianCalendar();
}

/** A month in the reader's own calendar, in which he chooses a day. */
export default function DayCalendar({ value, label, onChange }: Props) {
  const f = useFormat();
  const day = toCalendar(parseDate(value), calendarOf(f.calendar));
  return (
    <I18nProvider locale={`${f.locale}-u-ca-${f.calendar}`}>
      <Calendar
        aria-label={label}
        className={classes.calendar ?? ''}
        defaultValue={day}
        defaultFocusedValue={day}
        autoFocus
        onChange={(d) => onChange(toCalendar(d, new GregorianCalendar()).toString())}
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
            {(name) => <CalendarHeaderCell className={classes.weekday ?? ''}>{name}</CalendarHeaderCell>}
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
      </Calendar>
    </I18nProvider>
  );
}
