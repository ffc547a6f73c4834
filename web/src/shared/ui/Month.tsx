import {
  Button,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  CalendarMonthPicker,
  CalendarYearPicker,
} from 'react-aria-components';
import { IconChevronLeft, IconChevronRight } from './icons.ts';
import classes from './Month.module.css';

/** Class names of the calendar around a month: of one day, and of a stretch of days. */
export const dayClass = classes.calendar ?? '';
export const rangeClass = `${classes.calendar} ${classes.range}`;

/** How many years one can go to at once: whoever brings his old orders looks back decades. */
const years = 80;

/** What a calendar shows of a month: its name and year to choose from, the way to its neighbours, its days. */
export function Month() {
  return (
    <>
      <div className={classes.head}>
        <Button slot="previous" className={classes.step ?? ''}>
          <IconChevronLeft size={18} className="mirror" aria-hidden />
        </Button>
        <div className={classes.when}>
          <CalendarMonthPicker format="long">{(p) => <Choice {...p} />}</CalendarMonthPicker>
          <CalendarYearPicker visibleYears={years}>{(p) => <Choice {...p} />}</CalendarYearPicker>
        </div>
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

interface ChoiceProps {
  'aria-label': string;
  value: string | number;
  onChange: (key: number) => void;
  items: { id: number; formatted: string }[];
}

function Choice({ 'aria-label': label, value, onChange, items }: ChoiceProps) {
  return (
    <select aria-label={label} className={classes.choice} value={value} onChange={(e) => onChange(Number(e.currentTarget.value))}>
      {items.map((i) => (
        <option key={i.id} value={i.id}>
          {i.formatted}
        </option>
      ))}
    </select>
  );
}
