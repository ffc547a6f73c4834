import { Button, Modal, Select, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import { offered } from '@/shared/i18n/languages.ts';
import { useMe } from '@/shared/me/queries.ts';
import { useCurrencies, useZones } from '@/shared/ui/choices.ts';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import { SettingsCard } from '@/shared/ui/Settings.tsx';
import { say } from '@/shared/ui/undo.tsx';
import { type Shop, useAddShop, useSaveShop } from './queries.ts';
import classes from './Setting.module.css';

const editable = ['name', 'brand', 'domain', 'currency', 'zone', 'language'] as const;
type Form = Pick<Shop, (typeof editable)[number]>;

export function ShopCard({ shop, locked }: { shop: Shop; locked: boolean }) {
  const { t } = useTranslation('setting');
  const save = useSaveShop(shop.id);
  const [form, setForm] = useState<Form>(shop);
  const changed = Object.fromEntries(editable.filter((k) => form[k] !== shop[k]).map((k) => [k, form[k]]));
  return (
    <SettingsCard
      title={shop.name}
      note={t('shop.note')}
      onSave={() => save.mutate(changed, { onSuccess: () => say(t('saved')) })}
      saving={save.isPending}
      changed={!locked && form.name.trim() !== '' && Object.keys(changed).length > 0}
      error={save.error}
    >
      <Fields form={form} onChange={setForm} locked={locked} error={save.error} />
    </SettingsCard>
  );
}

export function AddShopModal({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('setting');
  const { t: shared } = useTranslation('shared');
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size={560}
      title={<strong>{t('shop.add')}</strong>}
      closeButtonProps={{ 'aria-label': shared('action.close') }}
    >
      <AddShop onDone={onClose} />
    </Modal>
  );
}

function AddShop({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('setting');
  const text = useProblemText();
  const first = useMe()?.shop;
  const add = useAddShop();
  const [form, setForm] = useState<Form>({
    name: '',
    brand: '',
    domain: '',
    currency: first?.currency ?? 'EUR',
    zone: first?.zone ?? 'UTC',
    language: first?.language ?? 'en',
  });
  const submit = (e: FormEvent) => {
    e.preventDefault();
    add.mutate(form, {
      onSuccess: (made) => {
        say(t('shop.added', { name: made.name }));
        onDone();
      },
    });
  };
  return (
    <form className={classes.form} onSubmit={submit}>
      <Fields form={form} onChange={setForm} error={add.error} />
      {add.error && (
        <p className={classes.trouble} role="alert">
          {text(add.error)}
        </p>
      )}
      <div>
        <Button type="submit" loading={add.isPending}>
          {t('shop.add')}
        </Button>
      </div>
    </form>
  );
}

interface FieldsProps {
  form: Form;
  onChange: (form: Form) => void;
  locked?: boolean;
  error: unknown;
}

function Fields({ form, onChange, locked, error }: FieldsProps) {
  const { t } = useTranslation('setting');
  const currencies = useCurrencies();
  const zones = useZones();
  const fieldText = useFieldText();
  const problem = error ? asProblem(error) : undefined;
  const common = (key: keyof Form) => ({
    label: t(`shop.${key}`),
    disabled: locked,
    value: form[key],
    error: fieldText(problem?.field(key)),
  });
  const choose = (key: keyof Form) => (v: string | null) => v && onChange({ ...form, [key]: v });
  return (
    <>
      <TextInput {...common('name')} required withAsterisk={false} onChange={(e) => onChange({ ...form, name: e.currentTarget.value })} />
      <TextInput
        {...common('brand')}
        description={t('shop.brandHelp')}
        onChange={(e) => onChange({ ...form, brand: e.currentTarget.value })}
      />
      <TextInput
        {...common('domain')}
        dir="ltr"
        placeholder="shop.example"
        onChange={(e) => onChange({ ...form, domain: e.currentTarget.value.trim() })}
      />
      <Select {...common('currency')} searchable data={currencies} onChange={choose('currency')} />
      <Select {...common('zone')} searchable limit={60} data={zones} onChange={choose('zone')} />
      <Select {...common('language')} data={offered.map((l) => ({ value: l.code, label: l.name }))} onChange={choose('language')} />
    </>
  );
}
