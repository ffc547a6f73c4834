import { ActionIcon, Checkbox, Popover, TextInput, Tooltip } from '@mantine/core';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { IconCheck, IconColumns3, IconSearch, IconX } from '../ui/icons.ts';
import classes from './Toolbar.module.css';

/** What stands above a list: search, filters, columns. */
export function Toolbar({ children }: { children: ReactNode }) {
  return <div className={classes.bar}>{children}</div>;
}

interface SearchProps {
  label: string;
  value: string;
  onChange: (text: string) => void;
}

/** Searches as one types: the list is asked once the fingers rest for a moment. "/" jumps here. */
export function SearchField({ label, value, onChange }: SearchProps) {
  const { t } = useTranslation('shared');
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => {
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);

  useEffect(() => {
    if (text === sent.current) return;
    const wait = setTimeout(() => {
      sent.current = text;
      onChange(text);
    }, 140);
    return () => clearTimeout(wait);
  }, [text, onChange]);

  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      if (e.key !== '/' || (e.target as HTMLElement).closest('input, textarea, select, [role="dialog"]')) return;
      e.preventDefault();
      field.current?.focus();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);

  return (
    <TextInput
      ref={field}
      className={classes.search}
      aria-label={label}
      placeholder={label}
      dir="auto"
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      onChange={(e) => setText(e.currentTarget.value)}
      onKeyDown={(e) => e.key === 'Escape' && setText('')}
      rightSection={
        text && (
          <ActionIcon size="sm" aria-label={t('action.clear')} onClick={() => setText('')}>
            <IconX size={14} />
          </ActionIcon>
        )
      }
    />
  );
}

/** A filter that is on or off. */
export function FilterChip({ on, onChange, children }: { on: boolean; onChange: (on: boolean) => void; children: ReactNode }) {
  return (
    <button type="button" className={classes.chip} aria-pressed={on} onClick={() => onChange(!on)}>
      {on && <IconCheck size={14} aria-hidden />}
      {children}
    </button>
  );
}

interface ColumnsProps {
  columns: { key: string; label: string }[];
  hidden: string[];
  onChange: (hidden: string[]) => void;
}

/** Chooses the columns of a list. */
export function ColumnPicker({ columns, hidden, onChange }: ColumnsProps) {
  const { t } = useTranslation('shared');
  return (
    <Popover position="bottom-end" trapFocus>
      <Popover.Target>
        <Tooltip label={t('list.columns')}>
          <ActionIcon variant="default" size="input-sm" aria-label={t('list.columns')} className={classes.columns}>
            <IconColumns3 size={16} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown className={classes.choices}>
        {columns.map((c) => (
          <Checkbox
            key={c.key}
            label={c.label}
            checked={!hidden.includes(c.key)}
            onChange={(e) => onChange(e.currentTarget.checked ? hidden.filter((k) => k !== c.key) : [...hidden, c.key])}
          />
        ))}
      </Popover.Dropdown>
    </Popover>
  );
}
