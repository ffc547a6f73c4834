import { Button, Popover, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../format/useFormat.ts';
import { DayField } from '../ui/DayField.tsx';
import { IconFilter, IconX } from '../ui/icons.ts';
import classes from './Toolbar.module.css';

/** The state of a list as its address holds it. */
export type Search = Record<string, string | boolean | undefined>;

interface Named {
  key: string;
  label: string;
}

/** Something that a list can be narrowed by. A range has two keys, its ends. */
export type Filter =
  | (Named & { kind: 'choice'; options: { value: string; label: string }[] })
  | (Named & { kind: 'flag'; yes: string; no: string })
  | (Named & { kind: 'text'; shown?: (value: string) => string })
  | (Named & { kind: 'fixed'; shown: string })
  | (Named & { kind: 'days' | 'amounts'; until: string });

interface Props {
  filters: Filter[];
  search: Search;
  onChange: (next: Search) => void;
}

function isOn(f: Filter, s: Search): boolean {
  return s[f.key] !== undefined || ('until' in f && s[f.until] !== undefined);
}

/** The button behind which everything stands that a list can be narrowed by. */
export function FilterButton({ filters, search, onChange }: Props) {
  const { t } = useTranslation('shared');
  const [open, setOpen] = useState(false);
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" trapFocus returnFocus width={320} shadow="md">
      <Popover.Target>
        <Button
          variant="default"
          leftSection={<IconFilter size={16} aria-hidden />}
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {t('list.filters')}
        </Button>
      </Popover.Target>
      <Popover.Dropdown className={classes.filters} aria-label={t('list.filters')}>
        {filters.map((f) => (
          <Field key={f.key} filter={f} search={search} onChange={onChange} />
        ))}
        <Button onClick={() => setOpen(false)}>{t('action.close')}</Button>
      </Popover.Dropdown>
    </Popover>
  );
}

function Field({ filter: f, search, onChange }: { filter: Filter; search: Search; onChange: Props['onChange'] }) {
  const { t } = useTranslation('shared');
  const value = search[f.key];
  switch (f.kind) {
    case 'choice':
    case 'flag': {
      const options =
        f.kind === 'choice'
          ? f.options
          : [
              { value: 'true', label: f.yes },
              { value: 'false', label: f.no },
            ];
      const set = (v: string | null) => onChange({ [f.key]: v === null ? undefined : f.kind === 'flag' ? v === 'true' : v });
      return (
        <Select
          label={f.label}
          data={options}
          value={value === undefined ? null : String(value)}
          onChange={set}
          placeholder={t('list.any')}
          clearable
          searchable={options.length > 10}
          comboboxProps={{ withinPortal: false }}
        />
      );
    }
    case 'text':
      return <TextField label={f.label} value={String(value ?? '')} onDone={(v) => onChange({ [f.key]: v })} />;
    case 'days':
      return (
        <div className={classes.pair}>
          <DayField label={t('list.from', { what: f.label })} value={String(value ?? '')} onChange={(d) => onChange({ [f.key]: d })} />
          <DayField label={t('list.until')} value={String(search[f.until] ?? '')} onChange={(d) => onChange({ [f.until]: d })} />
        </div>
      );
    case 'amounts':
      return (
        <div className={classes.pair}>
          <TextField
            number
            label={t('list.from', { what: f.label })}
            value={String(value ?? '')}
            onDone={(v) => onChange({ [f.key]: v })}
          />
          <TextField number label={t('list.until')} value={String(search[f.until] ?? '')} onDone={(v) => onChange({ [f.until]: v })} />
        </div>
      );
  }
  return null;
}

/** The digits of every script, and the commas that people write, as a plain decimal number. */
export function decimal(text: string): string | undefined {
  const digits = text
    .replaceAll(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0))
    .replaceAll(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660))
    .replaceAll('٫', '.')
    .replaceAll(/[\s٬]/g, '');
  const plain = /^-?\d+,\d{1,2}$/.test(digits) ? digits.replace(',', '.') : digits.replaceAll(',', '');
  return /^-?\d+(\.\d+)?$/.test(plain) ? plain : undefined;
}

function TextField({
  label,
  value,
  number,
  onDone,
}: {
  label: string;
  value: string;
  number?: boolean;
  onDone: (v: string | undefined) => void;
}) {
  const { t } = useTranslation('shared');
  const [text, setText] = useState(value);
  const bad = number && text.trim() !== '' && decimal(text) === undefined;
  const done = () => {
    if (bad || text.trim() === value) return;
    onDone(text.trim() === '' ? undefined : number ? decimal(text) : text.trim());
  };
  return (
    <TextInput
      label={label}
      value={text}
      dir="auto"
      inputMode={number ? 'decimal' : undefined}
      error={bad ? t('list.noNumber') : undefined}
      onChange={(e) => setText(e.currentTarget.value)}
      onBlur={done}
      onKeyDown={(e) => e.key === 'Enter' && done()}
    />
  );
}

/** What a list is narrowed by at the moment; each is taken away by a click. */
export function FilterChips({ filters, search, onChange }: Props) {
  const { t } = useTranslation('shared');
  const f = useFormat();
  const on = filters.filter((x) => isOn(x, search));
  if (on.length === 0) return null;
  const value = (x: Filter): string => {
    const v = search[x.key];
    switch (x.kind) {
      case 'choice':
        return x.options.find((o) => o.value === v)?.label ?? String(v);
      case 'flag':
        return v ? x.yes : x.no;
      case 'fixed':
        return x.shown;
      case 'text':
        return x.shown?.(String(v)) ?? String(v);
    }
    const show = (end: string | boolean | undefined) =>
      end === undefined ? '…' : x.kind === 'days' ? f.day(String(end)) : f.number(Number(end));
    return t('list.range', { from: show(v), until: show(search[x.until]) });
  };
  return (
    <ul className={classes.chips} aria-label={t('list.narrowed')}>
      {on.map((x) => (
        <li key={x.key}>
          <button
            type="button"
            className={classes.chip}
            onClick={() => onChange({ [x.key]: undefined, ...('until' in x ? { [x.until]: undefined } : {}) })}
          >
            <span className="unseen">{t('list.without')} </span>
            <span>{x.label}</span> <bdi className={classes.chipValue}>{value(x)}</bdi>
            <IconX size={14} aria-hidden />
          </button>
        </li>
      ))}
    </ul>
  );
}
