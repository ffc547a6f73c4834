import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Dictionary.module.css';
import { usePlan } from './queries.ts';

/** Describes an event before the first one comes. */
export function PlanModal({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation('activity');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const plan = usePlan();
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const [owner, setOwner] = useState('');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    plan.mutate({ name: name.trim(), description, owner }, { onSuccess: onClose });
  };
  return (
    <Modal opened onClose={onClose} title={<strong>{t('names.plan')}</strong>} closeButtonProps={{ 'aria-label': shared('action.close') }}>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label={t('names.name')}
          required
          withAsterisk={false}
          maxLength={255}
          data-autofocus
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
        <Textarea
          label={t('entry.description')}
          maxLength={2000}
          autosize
          minRows={2}
          value={description}
          onChange={(e) => setDescription(e.currentTarget.value)}
        />
        <TextInput label={t('names.owner')} maxLength={200} value={owner} onChange={(e) => setOwner(e.currentTarget.value)} />
        {plan.error && (
          <p className={classes.trouble} role="alert">
            {text(plan.error)}
          </p>
        )}
        <Button type="submit" loading={plan.isPending}>
          {shared('action.save')}
        </Button>
      </form>
    </Modal>
  );
}
