import {
  Button,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  Heading,
} from 'react-aria-components';
import { IconChevronLeft, IconChevronRight } from './icons.ts';
import classes from './Month.module.css';

/** Class names of the calendar around a month: of one day, and of a stretch of days. */
export const dayClass = classes.calendar ?? '';
export const rangeClass = `${classes.calendar} ${classes.range}`;

/** What a calendar shows of a month: its name, the way to its neighbours, its days. */
export function Month() {
  return (
    <>
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
    </>
  );
}
