import { Button, PasswordInput, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { isolated } from '@/shared/format/isolated.ts';
import { prefs } from '@/shared/prefs/prefs.ts';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import { Problem, Waiting } from '@/shared/ui/states.tsx';
import classes from './Gate.module.css';
import { Gate } from './Gate.tsx';
import { useAccept, useWelcome, type Welcome } from './queries.ts';

const shortest = 8;

/** Where a link leads: to join, or to choose a new password. What stands behind the # never leaves the browser but in the body of a call. */
export function WelcomePage() {
  const { t } = useTranslation('session');
  const [token] = useState(() => window.location.hash.slice(1));
  const welcome = useWelcome(token);
  const isVoid = welcome.error && asProblem(welcome.error).code === 'invitation.void';
  if (isVoid || token === '') {
    return (
      <Gate title={t('welcome.voidTitle')} lead={t('welcome.void')}>
        <Button component={Link} to="/signin" variant="default">
          {t('welcome.toSignIn')}
        </Button>
      </Gate>
    );
  }
  if (welcome.data) return <Accept token={token} welcome={welcome.data} />;
  return (
    <Gate title="Rapport" lead="">
      {welcome.error ? <Problem error={welcome.error} retry={() => welcome.refetch()} slim /> : <Waiting />}
    </Gate>
  );
}

function Accept({ token, welcome: w }: { token: string; welcome: Welcome }) {
  const { t } = useTranslation('session');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const fieldText = useFieldText();
  const navigate = useNavigate();
  const accept = useAccept();
  const [form, setForm] = useState({ name: '', password: '' });
  const [tooShort, setTooShort] = useState(false);
  const join = w.kind === 'join';
  const role = shared(`role.${w.role}`);
  const title = join ? t('welcome.title', { shop: isolated(w.shop_name) }) : t('welcome.passwordTitle');
  const invited = w.from ? t('welcome.lead', { from: isolated(w.from), role }) : t('welcome.leadNobody', { role });

  useEffect(() => {
    document.title = `${title} · Rapport`;
  }, [title]);

  const problem = accept.error ? asProblem(accept.error) : undefined;
  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTooShort(form.password.length < shortest);
    if (form.password.length < shortest) return;
    accept.mutate(
      { token, password: form.password, ...(join ? { name: form.name.trim(), language: prefs().language } : {}) },
      { onSuccess: () => navigate({ to: '/', replace: true }) },
    );
  };
  return (
    <Gate title={title} lead={join ? invited : t('welcome.passwordLead', { email: isolated(w.email) })}>
      <form className={classes.form} onSubmit={submit}>
        <TextInput label={t('welcome.email')} value={w.email} dir="ltr" readOnly autoComplete="username" />
        {join && (
          <TextInput
            label={t('welcome.name')}
            autoComplete="name"
            required
            withAsterisk={false}
            autoFocus
            value={form.name}
            error={fieldText(problem?.field('name'))}
            onChange={(e) => setForm({ ...form, name: e.currentTarget.value })}
          />
        )}
        <PasswordInput
          label={join ? t('welcome.password') : t('welcome.newPassword')}
          description={t('welcome.passwordHelp')}
          autoComplete="new-password"
          required
          withAsterisk={false}
          autoFocus={!join}
          value={form.password}
          error={tooShort ? t('problem.passwordShort') : fieldText(problem?.field('password'))}
          onChange={(e) => setForm({ ...form, password: e.currentTarget.value })}
        />
        {problem && (
          <p className={classes.trouble} role="alert">
            {text(problem)}
          </p>
        )}
        <Button type="submit" loading={accept.isPending}>
          {join ? t('welcome.join') : t('welcome.set')}
        </Button>
      </form>
    </Gate>
  );
}
