import { Button, Select } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { useMay } from '@/shared/me/queries.ts';
import { useCurrencies, useZones } from '@/shared/ui/choices.ts';
import { IconPlus } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { useFieldText } from '@/shared/ui/problemText.ts';
import { SettingsCard } from '@/shared/ui/Settings.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { say } from '@/shared/ui/undo.tsx';
import { useSaveSettings, useSettings, useShops } from './queries.ts';
import { AddShopModal, ShopCard } from './Shops.tsx';

/** The shop itself, and the money and days that figures are given in. */
export function ReportingPage() {
  const { t } = useTranslation('setting');
  const may = useMay();
  const shops = useShops();
  const settings = useSettings();
  const [adding, setAdding] = useState(false);
  if (!may('setting.read')) {
    return (
      <Page title={t('title')}>
        <NoPermission />
      </Page>
    );
  }
  return (
    <Page
      title={t('title')}
      actions={
        may('shop.write') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            {t('shop.add')}
          </Button>
        )
      }
    >
      <Loaded query={settings}>
        {(s) => <Reporting key={s.currency + s.zone} currency={s.currency} zone={s.zone} locked={!may('setting.write')} />}
      </Loaded>
      <Loaded query={shops}>
        {({ items }) => (items ?? []).map((s) => <ShopCard key={s.id + s.updated_at} shop={s} locked={!may('shop.write')} />)}
      </Loaded>
      <AddShopModal opened={adding} onClose={() => setAdding(false)} />
    </Page>
  );
}

function Reporting({ currency, zone, locked }: { currency: string; zone: string; locked: boolean }) {
  const { t } = useTranslation('setting');
  const save = useSaveSettings();
  const currencies = useCurrencies();
  const zones = useZones();
  const fieldText = useFieldText();
  const [form, setForm] = useState({ currency, zone });
  const problem = save.error ? asProblem(save.error) : undefined;
  return (
    <SettingsCard
      title={t('reporting.title')}
      note={t('reporting.note')}
      onSave={() => save.mutate(form, { onSuccess: () => say(t('saved')) })}
      saving={save.isPending}
      changed={!locked && (form.currency !== currency || form.zone !== zone)}
      error={save.error}
    >
      <Select
        label={t('reporting.currency')}
        searchable
        disabled={locked}
        data={currencies}
        value={form.currency}
        error={fieldText(problem?.field('currency'))}
        onChange={(v) => v && setForm({ ...form, currency: v })}
      />
      <Select
        label={t('reporting.zone')}
        searchable
        limit={60}
        disabled={locked}
        data={zones}
        value={form.zone}
        error={fieldText(problem?.field('zone'))}
        onChange={(v) => v && setForm({ ...form, zone: v })}
      />
    </SettingsCard>
  );
}
