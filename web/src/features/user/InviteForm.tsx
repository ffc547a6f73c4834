import { Button, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import { LinkShown } from './LinkShown.tsx';
import { useInvite } from './queries.ts';
import { roles } from './roles.ts';
import classes from './User.module.css';

type Role = (typeof roles)[number];

interface Props {
  /** Somebody was invited and the link was read. */
  onDone: () => void;
  onInvited?: () => void;
}

/** E-mail and role; then the link to hand over. */
export function InviteForm({ onDone, onInvited }: Props) {
  const { t } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const fieldText = useFieldText();
  const invite = useInvite();
  const [form, setForm] = useState({ email: '', role: 'manager' as Role });
  if (invite.data) {
    return (
      <LinkShown
        made={invite.data}
        onDone={() => {
          invite.reset();
          setForm({ ...form, email: '' });
          onDone();
        }}
      />
    );
  }
  const problem = invite.error ? asProblem(invite.error) : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    invite.mutate({ ...form, email: form.email.trim() }, { onSuccess: onInvited });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={t('form.email')}
        type="email"
        dir="ltr"
        required
        withAsterisk={false}
        data-autofocus
        value={form.email}
        error={fieldText(problem?.field('email'))}
        onChange={(e) => setForm({ ...form, email: e.currentTarget.value })}
      />
      <Select
        label={t('form.role')}
        description={t(`roleHelp.${form.role}`)}
        data={roles.map((r) => ({ value: r, label: shared(`role.${r}`) }))}
        value={form.role}
        onChange={(r) => r && setForm({ ...form, role: r as Role })}
      />
      {problem && !problem.field('email') && (
        <p className={classes.trouble} role="alert">
          {text(problem)}
        </p>
      )}
      <div>
        <Button type="submit" loading={invite.isPending}>
          {t('form.invite')}
        </Button>
      </div>
    </form>
  );
}
