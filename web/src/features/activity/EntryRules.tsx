import { Button, Modal, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isolated } from '@/shared/format/isolated.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Dictionary.module.css';
import { type EntryDetail, useDeleteName, useEndRule, useMakeRule } from './queries.ts';

/** Block, rename, free: what becomes of the events of this name from now on. */
export function EntryRules({ entry: e }: { entry: EntryDetail }) {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const may = useMay();
  const text = useProblemText();
  const make = useMakeRule();
  const end = useEndRule();
  const remove = useDeleteName();
  const navigate = useNavigate({ from: '/events' });
  const [renaming, setRenaming] = useState(false);
  const rule = e.rule;
  const error = make.error ?? end.error ?? remove.error;
  const rules = e.rules ?? [];
  return (
    <div className={classes.form}>
      <p>{rule ? t(`rule.${rule.action}Stands`, { to: isolated(rule.target) }) : t('rule.none')}</p>
      {may('activity.write') && (
        <div className={classes.buttons}>
          {rule ? (
            <Button variant="default" loading={end.isPending} onClick={() => end.mutate(rule.id)}>
              {t(`rule.${rule.action}End`)}
            </Button>
          ) : (
            <>
              <Button variant="default" onClick={() => setRenaming(true)}>
                {t('rule.rename')}
              </Button>
              <Button variant="default" loading={make.isPending} onClick={() => make.mutate({ name: e.name, action: 'block' })}>
                {t('rule.block')}
              </Button>
              <Button
                variant="subtle"
                loading={remove.isPending}
                onClick={() => remove.mutate(e.id, { onSuccess: () => void navigate({ search: { tab: 'dictionary' } }) })}
              >
                {t('rule.forget')}
              </Button>
            </>
          )}
        </div>
      )}
      {error && (
        <p className={classes.trouble} role="alert">
          {text(error)}
        </p>
      )}
      {rules.length > 0 && (
        <ul className={classes.rules}>
          {rules.map((r) => (
            <li key={r.id}>
              {r.until
                ? t(`rule.${r.action}Was`, {
                    name: isolated(r.name),
                    to: isolated(r.target),
                    from: f.instant(r.from),
                    until: f.instant(r.until),
                    by: r.made_by,
                  })
                : t(`rule.${r.action}Is`, { name: isolated(r.name), to: isolated(r.target), from: f.instant(r.from), by: r.made_by })}
            </li>
          ))}
        </ul>
      )}
      {renaming && <RenameModal entry={e} onClose={() => setRenaming(false)} />}
    </div>
  );
}

function RenameModal({ entry: e, onClose }: { entry: EntryDetail; onClose: () => void }) {
  const { t } = useTranslation('activity');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const make = useMakeRule();
  const [target, setTarget] = useState((e.alike ?? [])[0] ?? e.name);
  const submit = (ev: FormEvent) => {
    ev.preventDefault();
    make.mutate({ name: e.name, action: 'rename', target: target.trim() }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={<strong>{t('rule.rename')}</strong>} closeButtonProps={{ 'aria-label': shared('action.close') }}>
      <form className={classes.form} onSubmit={submit}>
        <p className="small">{t('rule.renameHelp', { name: isolated(e.name) })}</p>
        <TextInput
          label={t('rule.newName')}
          required
          withAsterisk={false}
          maxLength={255}
          data-autofocus
          value={target}
          onChange={(ev) => setTarget(ev.currentTarget.value)}
        />
        {make.error && (
          <p className={classes.trouble} role="alert">
            {text(make.error)}
          </p>
        )}
        <Button type="submit" loading={make.isPending}>
          {t('rule.rename')}
        </Button>
      </form>
    </Modal>
  );
}
