import { PasswordInput, SegmentedControl, Select, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Calendar, calendars, offered } from '@/shared/i18n/languages.ts';
import { useMe } from '@/shared/me/queries.ts';
import { type Prefs, setPrefs, usePrefs } from '@/shared/prefs/prefs.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { SettingsCard } from '@/shared/ui/Settings.tsx';
import { say } from '@/shared/ui/undo.tsx';
import { useChangePassword, useSaveMe } from './queries.ts';
import { SessionsCard } from './SessionsCard.tsx';
import classes from './User.module.css';

/** What concerns the reader himself. */
export function AccountPage() {
  const { t } = useTranslation('user');
  const me = useMe();
  return (
    <Page title={t('account.title')}>
      {me && <Name key={me.user.name} name={me.user.name} email={me.user.email} />}
      <Look />
      <Password />
      <SessionsCard />
    </Page>
  );
}

function Name({ name, email }: { name: string; email: string }) {
  const { t } = useTranslation('user');
  const save = useSaveMe();
  const [value, setValue] = useState(name);
  return (
    <SettingsCard
      title={t('account.you')}
      onSave={() => save.mutate({ name: value.trim() }, { onSuccess: () => say(t('saved')) })}
      saving={save.isPending}
      changed={value.trim() !== name && value.trim() !== ''}
      error={save.error}
    >
      <TextInput label={t('form.name')} value={value} onChange={(e) => setValue(e.currentTarget.value)} />
      <TextInput label={t('form.email')} value={email} dir="ltr" readOnly />
    </SettingsCard>
  );
}

function Look() {
  const { t } = useTranslation('user');
  const { t: shared } = useTranslation('shared');
  const prefs = usePrefs();
  const f = useFormat();
  const save = useSaveMe();
  const now = Date.now();
  return (
    <Card title={t('account.look')}>
      <div className={classes.look}>
        <Select
          label={t('account.language')}
          data={offered.map((l) => ({ value: l.code, label: l.name }))}
          value={prefs.language}
          onChange={(language) => {
            if (!language) return;
            setPrefs({ language });
            save.mutate({ language });
          }}
        />
        <Select
          label={t('account.calendar')}
          description={t('account.calendarHelp', { today: f.dayLong(now) })}
          data={[
            { value: 'language', label: t('account.calendarOfLanguage') },
            ...calendars.map((c) => ({ value: c, label: shared(`calendar.${c as 'gregory'}`) })),
          ]}
          value={prefs.calendar || 'language'}
          onChange={(c) => setPrefs({ calendar: c === 'language' || !c ? '' : (c as Calendar) })}
        />
        <div>
          <span className={classes.label} id="theme-label">
            {t('account.theme')}
          </span>
          <SegmentedControl
            aria-labelledby="theme-label"
            value={prefs.scheme}
            onChange={(scheme) => setPrefs({ scheme: scheme as Prefs['scheme'] })}
            data={[
              { value: 'light', label: t('account.light') },
              { value: 'dark', label: t('account.dark') },
              { value: 'auto', label: t('account.auto') },
            ]}
          />
        </div>
        <Switch
          label={t('account.compact')}
          checked={prefs.density === 'compact'}
          onChange={(e) => setPrefs({ density: e.currentTarget.checked ? 'compact' : 'comfortable' })}
        />
      </div>
    </Card>
  );
}

const blank = { current: '', password: '' };

function Password() {
  const { t } = useTranslation('user');
  const change = useChangePassword();
  const [form, setForm] = useState(blank);
  const problem = change.error ? asProblem(change.error) : undefined;
  const wrong = problem && (problem.status === 401 || problem.status === 403 || /password/.test(problem.code));
  return (
    <SettingsCard
      title={t('account.password')}
      note={t('account.passwordNote')}
      onSave={() =>
        change.mutate(form, {
          onSuccess: () => {
            setForm(blank);
            say(t('account.passwordChanged'));
          },
        })
      }
      saving={change.isPending}
      changed={form.current !== '' && form.password.length >= 8}
      error={wrong ? undefined : change.error}
      label={t('account.changePassword')}
    >
      <PasswordInput
        label={t('account.current')}
        autoComplete="current-password"
        value={form.current}
        error={wrong ? t('account.wrongPassword') : undefined}
        onChange={(e) => setForm({ ...form, current: e.currentTarget.value })}
      />
      <PasswordInput
        label={t('account.newPassword')}
        description={t('form.passwordHelp')}
        autoComplete="new-password"
        value={form.password}
        onChange={(e) => setForm({ ...form, password: e.currentTarget.value })}
      />
    </SettingsCard>
  );
}
