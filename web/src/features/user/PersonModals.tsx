import { Button, Modal, PasswordInput, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import { say } from '@/shared/ui/undo.tsx';
import { type User, useAddUser, useSaveUser } from './queries.ts';
import { roles } from './roles.ts';
import classes from './User.module.css';

export function AddPersonModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={<strong>{t('add')}</strong>}
      closeButtonProps={{ 'aria-label': shared('action.close') }}
    >
      <AddForm onDone={onClose} />
    </Modal>
  );
}

function AddForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const fieldText = useFieldText();
  const add = useAddUser();
  const [form, setForm] = useState({ name: '', email: '', password: '', role: 'manager' as (typeof roles)[number] });
  const problem = add.error ? asProblem(add.error) : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    add.mutate(form, {
      onSuccess: () => {
        say(t('added', { name: form.name }));
        onDone();
      },
    });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={t('form.name')}
        required
        withAsterisk={false}
        data-autofocus
        value={form.name}
        error={fieldText(problem?.field('name'))}
        onChange={(e) => setForm({ ...form, name: e.currentTarget.value })}
      />
      <TextInput
        label={t('form.email')}
        type="email"
        dir="ltr"
        required
        withAsterisk={false}
        value={form.email}
        error={fieldText(problem?.field('email'))}
        onChange={(e) => setForm({ ...form, email: e.currentTarget.value })}
      />
      <PasswordInput
        label={t('form.password')}
        description={t('form.passwordHelp')}
        autoComplete="new-password"
        minLength={8}
        required
        withAsterisk={false}
        value={form.password}
        error={fieldText(problem?.field('password'))}
        onChange={(e) => setForm({ ...form, password: e.currentTarget.value })}
      />
      <Select
        label={t('form.role')}
        description={t(`roleHelp.${form.role}`)}
        data={roles.map((r) => ({ value: r, label: shared(`role.${r}`) }))}
        value={form.role}
        onChange={(r) => r && setForm({ ...form, role: r as (typeof roles)[number] })}
      />
      {problem && (
        <p className={classes.trouble} role="alert">
          {text(problem)}
        </p>
      )}
      <Button type="submit" loading={add.isPending}>
        {t('form.add')}
      </Button>
    </form>
  );
}

export function NewPasswordModal({ user, onClose }: { user: User | undefined; onClose: () => void }) {
  const { t } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  return (
    <Modal
      opened={user !== undefined}
      onClose={onClose}
      title={<strong>{t('setPassword')}</strong>}
      closeButtonProps={{ 'aria-label': shared('action.close') }}
    >
      {user && <PasswordForm user={user} onDone={onClose} />}
    </Modal>
  );
}

function PasswordForm({ user, onDone }: { user: User; onDone: () => void }) {
  const { t } = useTranslation('user');
  const text = useProblemText();
  const save = useSaveUser();
  const [password, setPassword] = useState('');
  const submit = (e: FormEvent) => {
    e.preventDefault();
    save.mutate(
      { id: user.id, password },
      {
        onSuccess: () => {
          say(t('saved'));
          onDone();
        },
      },
    );
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <p className="dim">{t('setPasswordHelp', { name: user.name || user.email })}</p>
      <PasswordInput
        label={t('form.password')}
        description={t('form.passwordHelp')}
        autoComplete="new-password"
        minLength={8}
        required
        withAsterisk={false}
        data-autofocus
        value={password}
        onChange={(e) => setPassword(e.currentTarget.value)}
      />
      {save.error && (
        <p className={classes.trouble} role="alert">
          {text(save.error)}
        </p>
      )}
      <Button type="submit" loading={save.isPending}>
        {t('setPassword')}
      </Button>
    </form>
  );
}
