import { ActionIcon, Button, Select, TextInput } from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { IconPlus, IconTrash } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { say } from '@/shared/ui/undo.tsx';
import classes from './Edit.module.css';
import { EditForm, useWrong } from './EditForm.tsx';
import { type Customer, type CustomerBody, useCustomerToEdit, useSaveCustomer } from './queries.ts';

export function NewCustomerPage() {
  const { t } = useTranslation('edit');
  const may = useMay();
  return (
    <Page title={t('customer.new')} above={<Link to="/customers">{t('customer.list')}</Link>}>
      {may('customer.write') ? <CustomerFields onReload={() => {}} /> : <NoPermission />}
    </Page>
  );
}

export function EditCustomerPage() {
  const { t } = useTranslation('edit');
  const { id } = useParams({ from: '/inside/customers/$id/edit' });
  const query = useCustomerToEdit(id);
  const may = useMay();
  const above = (
    <Link to="/customers/$id" params={{ id }}>
      {t('customer.back')}
    </Link>
  );
  return (
    <Page title={t('customer.edit')} above={above}>
      {may('customer.write') ? (
        <Loaded query={query}>{(c) => <CustomerFields key={c.version} customer={c} onReload={() => void query.refetch()} />}</Loaded>
      ) : (
        <NoPermission />
      )}
    </Page>
  );
}

const texts = [
  'first_name',
  'last_name',
  'name',
  'email',
  'phone',
  'external_id',
  'birthday',
  'language',
  'zone',
  'city',
  'country',
] as const;
const latin = new Set<string>(['email', 'phone', 'external_id', 'birthday', 'language', 'zone', 'country']);
type Form = Record<(typeof texts)[number] | 'gender', string>;

interface Attribute {
  key: number;
  name: string;
  value: string;
}

let last = 0;
const plain = (v: unknown): v is string | number | boolean => ['string', 'number', 'boolean'].includes(typeof v);

function CustomerFields({ customer: c, onReload }: { customer?: Customer; onReload: () => void }) {
  const { t } = useTranslation('edit');
  const navigate = useNavigate();
  const save = useSaveCustomer(c?.id ?? '');
  const wrong = useWrong(save.error);
  const [was] = useState<Form>(() => Object.fromEntries([...texts, 'gender' as const].map((k) => [k, c?.[k] ?? ''])) as Form);
  const [form, setForm] = useState(was);
  const stored = (c?.attributes ?? {}) as Record<string, unknown>;
  const [attributes, setAttributes] = useState<Attribute[]>(() =>
    Object.entries(stored).flatMap(([name, v]) => (plain(v) ? [{ key: ++last, name, value: String(v) }] : [])),
  );
  const leave = (id: string | undefined) => (id ? navigate({ to: '/customers/$id', params: { id } }) : navigate({ to: '/customers' }));
  const submit = () => {
    const body: CustomerBody = {};
    for (const k of [...texts, 'gender' as const]) if (form[k].trim() !== was[k]) body[k] = form[k].trim();
    const changed: Record<string, unknown> = {};
    const named = new Set(attributes.map((a) => a.name.trim()));
    for (const [name, v] of Object.entries(stored)) if (plain(v) && !named.has(name)) changed[name] = null;
    for (const a of attributes) {
      const name = a.name.trim();
      // What was a number or yes and no stays one.
      if (name && String(stored[name] ?? '') !== a.value) changed[name] = typed(a.value, stored[name]);
    }
    if (Object.keys(changed).length > 0) body.attributes = changed;
    save.mutate(
      { body, version: c?.version ?? '' },
      {
        onSuccess: (saved) => {
          say(t(c ? 'customer.saved' : 'customer.made'));
          void leave(saved.id);
        },
      },
    );
  };
  return (
    <EditForm
      onSave={submit}
      saving={save.isPending}
      error={save.error}
      save={t(c ? 'save' : 'customer.make')}
      onCancel={() => void leave(c?.id)}
      onReload={onReload}
      state={{ form, attributes }}
    >
      <Card title={t('customer.who')}>
        <div className={classes.fields}>
          {texts.map((k, i) => (
            <TextInput
              key={k}
              label={t(`customer.${k}`)}
              dir={latin.has(k) ? 'ltr' : 'auto'}
              autoFocus={i === 0}
              disabled={k === 'external_id' && Boolean(was.external_id)}
              placeholder={k === 'birthday' ? '1990-04-01' : undefined}
              value={form[k]}
              error={wrong(k)}
              onChange={(e) => setForm({ ...form, [k]: e.currentTarget.value })}
            />
          ))}
          <Select
            label={t('customer.gender')}
            clearable
            data={[...new Set(['female', 'male', ...(was.gender ? [was.gender] : [])])].map((g) => ({
              value: g,
              label: g === 'female' || g === 'male' ? t(`customer.${g}`) : g,
            }))}
            value={form.gender || null}
            onChange={(v) => setForm({ ...form, gender: v ?? '' })}
          />
        </div>
      </Card>
      <AttributeFields attributes={attributes} onChange={setAttributes} />
    </EditForm>
  );
}

function typed(value: string, before: unknown): string | number | boolean {
  if (typeof before === 'number' && value.trim() !== '' && Number.isFinite(Number(value))) return Number(value);
  if (typeof before === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}

function AttributeFields({ attributes, onChange }: { attributes: Attribute[]; onChange: (list: Attribute[]) => void }) {
  const { t } = useTranslation('edit');
  const change = (a: Attribute, part: Partial<Attribute>) => onChange(attributes.map((x) => (x.key === a.key ? { ...x, ...part } : x)));
  return (
    <Card title={t('attribute.title')}>
      <div className={classes.rows}>
        {attributes.map((a) => (
          <fieldset key={a.key} className={`${classes.line} ${classes.pair}`} aria-label={a.name || t('attribute.new')}>
            <TextInput label={t('attribute.name')} dir="auto" value={a.name} onChange={(e) => change(a, { name: e.currentTarget.value })} />
            <TextInput
              label={t('attribute.value')}
              dir="auto"
              value={a.value}
              onChange={(e) => change(a, { value: e.currentTarget.value })}
            />
            <ActionIcon
              className={classes.remove}
              variant="subtle"
              color="gray"
              size="lg"
              aria-label={t('attribute.remove', { name: a.name })}
              onClick={() => onChange(attributes.filter((x) => x.key !== a.key))}
            >
              <IconTrash size={18} />
            </ActionIcon>
          </fieldset>
        ))}
        <div>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} />}
            onClick={() => onChange([...attributes, { key: ++last, name: '', value: '' }])}
          >
            {t('attribute.add')}
          </Button>
        </div>
      </div>
    </Card>
  );
}
