import { Button, PasswordInput, TextInput } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Gate.module.css';
import { Gate } from './Gate.tsx';
import { useSignIn } from './queries.ts';

export function SignInPage() {
  const { t } = useTranslation('session');
  const text = useProblemText();
  const navigate = useNavigate();
  const { next } = useSearch({ from: '/signin' });
  const signIn = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');

  useEffect(() => {
    document.title = `${t('signIn.title')} · Rapport`;
  }, [t]);

  const submit = (e: FormEvent) => {
    e.preventDefault();
    signIn.mutate({ email: email.trim(), password }, { onSuccess: () => navigate({ href: safeNext(next), replace: true }) });
  };

  const why = signIn.error ? reason(signIn.error) : undefined;
  function reason(error: unknown): string {
    const problem = asProblem(error);
    if (problem.status === 429) return t('signIn.slow');
    if (problem.code.endsWith('disabled')) return t('signIn.disabled');
    if (problem.status === 401 || problem.status === 422) return t('signIn.wrong');
    return text(problem);
  }

  return (
    <Gate title={t('signIn.title')} lead={t('signIn.lead')}>
      <form className={classes.form} onSubmit={submit}>
        <TextInput
          label={t('signIn.email')}
          type="email"
          name="email"
          autoComplete="username"
          dir="ltr"
          required
          withAsterisk={false}
          autoFocus
          value={email}
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
        <PasswordInput
          label={t('signIn.password')}
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {why && (
          <p className={classes.trouble} role="alert">
            {why}
          </p>
        )}
        <Button type="submit" loading={signIn.isPending}>
          {t('signIn.submit')}
        </Button>
        <details className={classes.forgot}>
          <summary>{t('signIn.forgot')}</summary>
          <p className="small dim">{t('signIn.forgotHelp')}</p>
        </details>
      </form>
    </Gate>
  );
}

/** Only a path of this app: an address elsewhere would lend our name to a stranger. */
function safeNext(next: string | undefined): string {
  return next && /^\/(?![/\\])/.test(next) ? next : '/';
}
