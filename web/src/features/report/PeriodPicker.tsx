import { Button, Popover, Select } from '@mantine/core';
import { lazy, Suspense, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { IconCalendarEvent } from '@/shared/ui/icons.ts';
import { Bone, Waiting } from '@/shared/ui/states.tsx';
import classes from './Overview.module.css';
import { type Period, type PresetKey, presets } from './period.ts';

const RangeCalendar = lazy(() => import('./RangeCalendar.tsx'));

interface Props {
  preset: PresetKey;
  period: Period;
  compare: 'previous' | 'year';
  onPreset: (key: PresetKey) => void;
  onCustom: (p: Period) => void;
  onCompare: (c: 'previous' | 'year') => void;
}

/** Which days are looked at, and against which. */
export function PeriodPicker({ preset, period, compare, onPreset, onCustom, onCompare }: Props) {
  const { t } = useTranslation('report');
  const f = useFormat();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Popover opened={open} onChange={setOpen} position="bottom-end" trapFocus>
        <Popover.Target>
          <Button
            variant="default"
            leftSection={<IconCalendarEvent size={16} />}
            aria-haspopup="dialog"
            aria-expanded={open}
            onClick={() => setOpen(!open)}
          >
            <span className={classes.periodText}>
              <span>{t(`preset.${preset}`)}</span>
              <span className={classes.periodDays}>{f.dayRange(period.from, period.until)}</span>
            </span>
          </Button>
        </Popover.Target>
        <Popover.Dropdown className={classes.picker} aria-label={t('preset.choose')}>
          <div className={classes.presets}>
            {presets.map((key) => (
              <button
                key={key}
                type="button"
                className={classes.preset}
                aria-pressed={key === preset}
                onClick={() => {
                  onPreset(key);
                  setOpen(false);
                }}
              >
                {t(`preset.${key}`)}
              </button>
            ))}
          </div>
          <Suspense
            fallback={
              <Waiting>
                <Bone width={260} height={280} />
              </Waiting>
            }
          >
            <RangeCalendar
              period={period}
              label={t('preset.choose')}
              onChange={(p) => {
                onCustom(p);
                setOpen(false);
              }}
            />
          </Suspense>
        </Popover.Dropdown>
      </Popover>
      <Select
        aria-label={t('compare.label')}
        className={classes.compare}
        data={[
          { value: 'previous', label: t('compare.previous') },
          { value: 'year', label: t('compare.year') },
        ]}
        value={compare}
        onChange={(v) => onCompare(v === 'year' ? 'year' : 'previous')}
      />
    </>
  );
}
