import { Button, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { type Shop, useSaveSettings, useSaveShop, useShops } from '@/features/setting/queries.ts';
import { offered } from '@/shared/i18n/languages.ts';
import { useCurrencies, useZones } from '@/shared/ui/choices.ts';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import { Loaded } from '@/shared/ui/states.tsx';
import classes from './Start.module.css';

export function ShopStep({ onDone }: { onDone: () => void }) {
  const shops = useShops();
  return (
    <Loaded query={shops} slim>
      {({ items }) => {
        const first = items?.[0];
        return first ? <ShopForm key={first.updated_at} shop={first} onDone={onDone} /> : null;
      }}
    </Loaded>
  );
}

/** What was said at the set-up, to look at once more. Shop and figures have the same currency and zone here; the settings can tell them apart. */
function ShopForm({ shop, onDone }: { shop: Shop; onDone: () => void }) {
  const { t } = useTranslation('app');
  const text = useProblemText();
  const fieldText = useFieldText();
  const currencies = useCurrencies();
  const zones = useZones();
  const saveShop = useSaveShop(shop.id);
  const saveSettings = useSaveSettings();
  const [form, setForm] = useState({ name: shop.name, zone: shop.zone, currency: shop.currency, language: shop.language });
  const failed = saveShop.error ?? saveSettings.error;
  const problem = failed ? asProblem(failed) : undefined;
  const wrong = (path: keyof typeof form) => fieldText(problem?.field(path));
  const submit = async (e: FormEvent) => {
    e.preventDefault();
    const { zone, currency, language } = form;
    try {
      await saveShop.mutateAsync({ ...form, name: form.name.trim() });
      await saveSettings.mutateAsync({ zone, currency, language });
      onDone();
    } catch {
      // The form says what went wrong.
    }
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <TextInput
        label={t('start.shop.name')}
        required
        withAsterisk={false}
        value={form.name}
        error={wrong('name')}
        onChange={(e) => setForm({ ...form, name: e.currentTarget.value })}
      />
      <div className={classes.columns}>
        <Select
          label={t('start.shop.currency')}
          searchable
          data={currencies}
          value={form.currency}
          error={wrong('currency')}
          onChange={(v) => v && setForm({ ...form, currency: v })}
        />
        <Select
          label={t('start.shop.zone')}
          searchable
          limit={60}
          data={zones}
          value={form.zone}
          error={wrong('zone')}
          onChange={(v) => v && setForm({ ...form, zone: v })}
        />
        <Select
          label={t('start.shop.language')}
          data={offered.map((l) => ({ value: l.code, label: l.name }))}
          value={form.language}
          error={wrong('language')}
          onChange={(v) => v && setForm({ ...form, language: v })}
        />
      </div>
      {problem && (
        <p className={classes.trouble} role="alert">
          {text(problem)}
        </p>
      )}
      <div>
        <Button type="submit" loading={saveShop.isPending || saveSettings.isPending}>
          {t('start.shop.save')}
        </Button>
      </div>
    </form>
  );
}
