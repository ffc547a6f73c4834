import { Button, Group, Modal } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem, type FieldProblem } from '@/api/problem.ts';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Edit.module.css';

interface Props {
  onSave: () => void;
  saving: boolean;
  error: unknown;
  save: string;
  onCancel: () => void;
  /** Reads what stands there now, after somebody else changed it. */
  onReload: () => void;
  /** What the fields hold: while it differs from what it was at first, leaving asks. */
  state: unknown;
  children: ReactNode;
}

/** A form with its buttons; says what is wrong and, where somebody else was faster, what to do. Ctrl+Enter saves from anywhere in it. */
export function EditForm({ onSave, saving, error, save, onCancel, onReload, state, children }: Props) {
  const { t } = useTranslation('edit');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const form = useRef<HTMLFormElement>(null);
  const problem = error ? asProblem(error) : undefined;
  const overtaken = problem?.code.endsWith('.edited');
  useEffect(() => {
    // The first wrong field gets the focus, so that it is read out and seen.
    if (problem) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problem]);
  const now = JSON.stringify(state);
  const [first] = useState(now);
  // Saving, and giving up by the button, leave as they were told to.
  const leaving = useRef(false);
  useEffect(() => {
    if (error) leaving.current = false;
  }, [error]);
  const kept = () => now !== first && !leaving.current;
  const blocked = useBlocker({ shouldBlockFn: kept, enableBeforeUnload: kept, withResolver: true });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    if (saving) return;
    leaving.current = true;
    onSave();
  };
  return (
    <form
      ref={form}
      className={classes.form}
      noValidate
      onSubmit={submit}
      onKeyDown={(e) => {
        if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
          e.preventDefault();
          form.current?.requestSubmit();
        }
      }}
    >
      {children}
      {problem && (
        <div className={classes.trouble} role="alert">
          <span>{overtaken ? t('overtaken') : problem.fields.length > 0 ? t('lookAbove') : text(problem)}</span>
          {overtaken && (
            <Button size="compact-sm" variant="default" onClick={onReload}>
              {t('reload')}
            </Button>
          )}
        </div>
      )}
      <div className={classes.buttons}>
        <Button type="submit" loading={saving}>
          {save}
        </Button>
        <Button
          variant="default"
          onClick={() => {
            leaving.current = true;
            onCancel();
          }}
        >
          {shared('action.cancel')}
        </Button>
      </div>
      <Modal
        opened={blocked.status === 'blocked'}
        onClose={() => blocked.reset?.()}
        title={<strong>{t('leave.title')}</strong>}
        closeButtonProps={{ 'aria-label': shared('action.close') }}
        size="sm"
      >
        <p>{t('leave.lost')}</p>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => blocked.proceed?.()}>
            {t('leave.go')}
          </Button>
          <Button data-autofocus onClick={() => blocked.reset?.()}>
            {t('leave.stay')}
          </Button>
        </Group>
      </Modal>
    </form>
  );
}

/** The words for what is wrong with one field, by the path that the server gives it. */
export function useWrong(error: unknown): (path: string) => string | undefined {
  const { t, i18n } = useTranslation('edit');
  const fieldText = useFieldText();
  const problem = error ? asProblem(error) : undefined;
  return (path) => {
    const found: FieldProblem | undefined = problem?.fields.find(
      (f) => f.path === path || f.path === `${path}.currency` || f.path === `${path}.amount`,
    );
    if (!found) return undefined;
    if (i18n.exists(`wrong.${found.code}`, { ns: 'edit' })) return t(`wrong.${found.code as 'amount'}`);
    return fieldText(found);
  };
}
