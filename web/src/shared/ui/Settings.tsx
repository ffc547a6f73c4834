import { Button } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Card } from './Card.tsx';
import { useProblemText } from './problemText.ts';
import classes from './Settings.module.css';

interface Props {
  title: string;
  note?: ReactNode;
  children: ReactNode;
  onSave: () => void;
  saving: boolean;
  changed: boolean;
  error?: unknown;
  label?: string;
}

/** A sheet of settings with its own button; saved when something was changed. */
export function SettingsCard({ title, note, children, onSave, saving, changed, error, label }: Props) {
  const { t } = useTranslation('shared');
  const text = useProblemText();
  const submit = (e: FormEvent) => {
    e.preventDefault();
    onSave();
  };
  return (
    <Card title={title}>
      <form className={classes.form} onSubmit={submit}>
        {note && <p className={classes.note}>{note}</p>}
        {children}
        {Boolean(error) && (
          <p className={classes.trouble} role="alert">
            {text(error)}
          </p>
        )}
        <div>
          <Button type="submit" loading={saving} disabled={!changed}>
            {label ?? t('action.save')}
          </Button>
        </div>
      </form>
    </Card>
  );
}
