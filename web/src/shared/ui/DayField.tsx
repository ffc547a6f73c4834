import { Button, Input, Popover } from '@mantine/core';
import { lazy, Suspense, useId, useState } from 'react';
import { useFormat } from '../format/useFormat.ts';
import { IconCalendarEvent } from './icons.ts';
import { Bone, Waiting } from './states.tsx';

const DayCalendar = lazy(() => import('./DayCalendar.tsx'));

interface Props {
  label: string;
  /** "2026-11-24", or empty where no day is chosen yet */
  value: string;
  onChange: (day: string) => void;
}

/** A day, shown and chosen in the reader's own calendar; the browser's own field knows only the Gregorian one. */
export function DayField({ label, value, onChange }: Props) {
  const f = useFormat();
  const id = useId();
  const [open, setOpen] = useState(false);
  return (
    <Input.Wrapper label={label} labelElement="div" labelProps={{ id: `${id}-label` }}>
      <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus returnFocus>
        <Popover.Target>
          <Button
            variant="default"
            fullWidth
            justify="start"
            leftSection={<IconCalendarEvent size={16} />}
            aria-labelledby={`${id}-label ${id}-day`}
            aria-haspopup="dialog"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <span id={`${id}-day`}>{value ? f.day(value) : '–'}</span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown aria-label={label}>
          <Suspense
            fallback={
              <Waiting>
                <Bone width={272} height={280} />
              </Waiting>
            }
          >
            <DayCalendar
              value={value || f.dayKey(Date.now())}
              label={label}
              onChange={(day) => {
                onChange(day);
                setOpen(false);
              }}
            />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
    </Input.Wrapper>
  );
}
