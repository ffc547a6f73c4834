import { Button, PasswordInput, Select, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { prefs } from '@/shared/prefs/prefs.ts';
import { useCurrencies, useZones } from '@/shared/ui/choices.ts';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import classes from './Gate.module.css';
import { Gate } from './Gate.tsx';
import { type SetUp, useSetUp } from './queries.ts';

const shortest = 8;

export function SetUpPage() {
  const { t } = useTranslation('session');
  const text = useProblemText();
  const fieldText = useFieldText();
  const navigate = useNavigate();
  const setUp = useSetUp();
  const currencies = useCurrencies();
  const zones = useZones();
  const [form, setForm] = useState(() => ({
    email: '',
    name: '',
    password: '',
    shop_name: '',
    currency: prefs().language === 'fa' ? 'IRR' : 'EUR',
    zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  }));
  const [tooShort, setTooShort] = useState(false);

  useEffect(() => {
    document.title = `${t('setUp.title')} · Rapport`;
  }, [t]);

  const problem = setUp.error ? asProblem(setUp.error) : undefined;
  const set = (change: Partial<typeof form>) => setForm((f) => ({ ...f, ...change }));
  const wrong = (path: keyof SetUp) => fieldText(problem?.field(path));

  const submit = (e: FormEvent) => {
    e.preventDefault();
    setTooShort(form.password.length < shortest);
    if (form.password.length < shortest) return;
    setUp.mutate({ ...form, language: prefs().language }, { onSuccess: () => navigate({ to: '/start', replace: true }) });
  };

  return (
    <Gate title={t('setUp.title')} lead={t('setUp.lead')} wide>
      <form className={classes.form} onSubmit={submit}>
        <div className={classes.columns}>
          <fieldset className={classes.column}>
            <legend>{t('setUp.you')}</legend>
            <TextInput
              label={t('setUp.name')}
              autoComplete="name"
              required
              withAsterisk={false}
              autoFocus
              value={form.name}
              error={wrong('name')}
              onChange={(e) => set({ name: e.currentTarget.value })}
            />
            <TextInput
              label={t('setUp.email')}
              type="email"
              autoComplete="username"
              dir="ltr"
              required
              withAsterisk={false}
              value={form.email}
              error={wrong('email')}
              onChange={(e) => set({ email: e.currentTarget.value })}
            />
            <PasswordInput
              label={t('setUp.password')}
              description={t('setUp.passwordHelp')}
              autoComplete="new-password"
              required
              withAsterisk={false}
              value={form.password}
              error={tooShort ? t('problem.passwordShort') : wrong('password')}
              onChange={(e) => set({ password: e.currentTarget.value })}
            />
          </fieldset>
          <fieldset className={classes.column}>
            <legend>{t('setUp.shop')}</legend>
            <TextInput
              label={t('setUp.shopName')}
              autoComplete="organization"
              required
              withAsterisk={false}
              value={form.shop_name}
              error={wrong('shop_name')}
              onChange={(e) => set({ shop_name: e.currentTarget.value })}
            />
            <Select
              label={t('setUp.currency')}
              description={t('setUp.currencyHelp')}
              searchable
              data={currencies}
              value={form.currency}
              error={wrong('currency')}
              onChange={(currency) => currency && set({ currency })}
            />
            <Select
              label={t('setUp.zone')}
              description={t('setUp.zoneHelp')}
              searchable
              limit={60}
              data={zones}
              value={form.zone}
              error={wrong('zone')}
              onChange={(zone) => zone && set({ zone })}
            />
          </fieldset>
        </div>
        {problem && (
          <p className={classes.trouble} role="alert">
            {text(problem)}
          </p>
        )}
        <Button type="submit" loading={setUp.isPending}>
          {t('setUp.submit')}
        </Button>
      </form>
    </Gate>
  );
}
