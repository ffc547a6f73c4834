import { ActionIcon, Button, Checkbox, Select, Textarea, TextInput } from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay, useReporting } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { useCurrencies } from '@/shared/ui/choices.ts';
import { IconPlus, IconTrash } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { say } from '@/shared/ui/undo.tsx';
import { plainNumber, shortAmount } from './amount.ts';
import classes from './Edit.module.css';
import { EditForm, useWrong } from './EditForm.tsx';
import { type Product, type ProductBody, useProductToEdit, useSaveProduct } from './queries.ts';

export function NewProductPage() {
  const { t } = useTranslation('edit');
  const may = useMay();
  return (
    <Page title={t('product.new')} above={<Link to="/products">{t('product.list')}</Link>}>
      {may('catalog.write') ? <ProductFields onReload={() => {}} /> : <NoPermission />}
    </Page>
  );
}

export function EditProductPage() {
  const { t } = useTranslation('edit');
  const { id } = useParams({ from: '/inside/products/$id/edit' });
  const query = useProductToEdit(id);
  const may = useMay();
  const above = (
    <Link to="/products/$id" params={{ id }}>
      {t('product.back')}
    </Link>
  );
  return (
    <Page title={t('product.edit')} above={above}>
      {may('catalog.write') ? (
        <Loaded query={query}>{(p) => <ProductFields key={p.version} product={p} onReload={() => void query.refetch()} />}</Loaded>
      ) : (
        <NoPermission />
      )}
    </Page>
  );
}

const texts = ['name', 'sku', 'brand', 'category', 'url', 'image_url'] as const;

interface VariantForm {
  key: number;
  externalId: string;
  name: string;
  sku: string;
  price: string;
  stock: string;
  image: string;
  options: Record<string, unknown>;
}

let last = 0;
const newVariant = (): VariantForm => ({ key: ++last, externalId: '', name: '', sku: '', price: '', stock: '', image: '', options: {} });
const stockText = (n: number | undefined) => (n === undefined || n === null ? '' : String(n));

function formOf(p: Product | undefined, currency: string) {
  return {
    ...(Object.fromEntries(texts.map((k) => [k, p?.[k] ?? ''])) as Record<(typeof texts)[number], string>),
    description: p?.description ?? '',
    currency: p?.price?.currency ?? p?.cost?.currency ?? currency,
    price: shortAmount(p?.price?.amount),
    cost: shortAmount(p?.cost?.amount),
    stock: stockText(p?.stock),
    active: p?.active ?? true,
    variants: (p?.variants ?? []).map((v) => ({
      ...newVariant(),
      externalId: v.external_id,
      name: v.name,
      sku: v.sku,
      price: shortAmount(v.price?.amount),
      stock: stockText(v.stock),
      image: v.image_url,
      options: v.options ?? {},
    })),
  };
}

type Form = ReturnType<typeof formOf>;

function bodyOf(form: Form, was: Form | undefined): { body: ProductBody; unset: ('price' | 'cost' | 'stock')[] } {
  const body: ProductBody = {};
  const unset: ('price' | 'cost' | 'stock')[] = [];
  const money = (s: string) => ({ amount: plainNumber(s), currency: form.currency });
  const changed = (k: keyof Form) => JSON.stringify(form[k]) !== JSON.stringify(was?.[k] ?? '');
  for (const k of [...texts, 'description' as const]) if (changed(k)) body[k] = form[k].trim();
  const repriced = was !== undefined && was.currency !== form.currency;
  for (const k of ['price', 'cost'] as const) {
    if (!changed(k) && !repriced) continue;
    if (form[k].trim()) body[k] = money(form[k]);
    else if (was?.[k]) unset.push(k);
  }
  if (changed('stock')) {
    if (form.stock.trim()) body.stock = Math.round(Number(plainNumber(form.stock)));
    else unset.push('stock');
  }
  if (form.active !== (was?.active ?? true)) body.active = form.active;
  if (repriced || JSON.stringify(form.variants) !== JSON.stringify(was?.variants ?? [])) {
    body.variants = form.variants.map((v) => ({
      external_id: v.externalId,
      name: v.name.trim(),
      sku: v.sku.trim(),
      image_url: v.image,
      options: v.options,
      ...(v.price.trim() ? { price: money(v.price) } : {}),
      ...(v.stock.trim() ? { stock: Math.round(Number(plainNumber(v.stock))) } : {}),
    }));
  }
  return { body, unset };
}

function ProductFields({ product: p, onReload }: { product?: Product; onReload: () => void }) {
  const { t } = useTranslation('edit');
  const navigate = useNavigate();
  const { currency } = useReporting();
  const currencies = useCurrencies();
  const save = useSaveProduct(p?.id ?? '');
  const wrong = useWrong(save.error);
  const [was] = useState(() => (p ? formOf(p, currency) : undefined));
  const [form, setForm] = useState<Form>(() => was ?? formOf(undefined, currency));
  const set = (part: Partial<Form>) => setForm({ ...form, ...part });
  const leave = (id: string | undefined) => (id ? navigate({ to: '/products/$id', params: { id } }) : navigate({ to: '/products' }));
  const field = (k: (typeof texts)[number] | 'price' | 'cost' | 'stock' | 'description') => ({
    label: t(`product.${k}`),
    value: form[k],
    error: wrong(k),
    onChange: (e: { currentTarget: { value: string } }) => set({ [k]: e.currentTarget.value }),
  });
  const submit = () =>
    save.mutate(
      { ...bodyOf(form, was), version: p?.version ?? '' },
      {
        onSuccess: (saved) => {
          say(t(p ? 'product.saved' : 'product.made', { name: saved.name || saved.sku }));
          void leave(saved.id);
        },
      },
    );
  const number = { inputMode: 'decimal' as const, dir: 'ltr' as const };
  return (
    <EditForm
      onSave={submit}
      saving={save.isPending}
      error={save.error}
      save={t(p ? 'save' : 'product.make')}
      onCancel={() => void leave(p?.id)}
      onReload={onReload}
      state={form}
    >
      <Card title={t('product.about')}>
        <div className={classes.fields}>
          {texts.map((k, i) => (
            <TextInput key={k} {...field(k)} dir={k === 'name' || k === 'brand' || k === 'category' ? 'auto' : 'ltr'} autoFocus={i === 0} />
          ))}
          <Textarea {...field('description')} className={classes.wide} dir="auto" autosize minRows={3} maxRows={12} />
        </div>
      </Card>
      <Card title={t('product.prices')}>
        <div className={classes.rows}>
          <div className={classes.fields}>
            <Select
              label={t('order.currency')}
              searchable
              data={currencies}
              value={form.currency}
              onChange={(v) => v && set({ currency: v })}
            />
            <TextInput {...field('price')} {...number} />
            <TextInput {...field('cost')} {...number} description={t('product.costHelp')} />
            <TextInput {...field('stock')} {...number} />
          </div>
          <Checkbox label={t('product.active')} checked={form.active} onChange={(e) => set({ active: e.currentTarget.checked })} />
        </div>
      </Card>
      <VariantFields variants={form.variants} onChange={(variants) => set({ variants })} wrong={wrong} />
    </EditForm>
  );
}

interface VariantProps {
  variants: VariantForm[];
  onChange: (list: VariantForm[]) => void;
  wrong: (path: string) => string | undefined;
}

function VariantFields({ variants, onChange, wrong }: VariantProps) {
  const { t } = useTranslation('edit');
  return (
    <Card title={t('product.variants')}>
      <div className={classes.rows}>
        {variants.map((v, i) => {
          const field = (k: 'name' | 'sku' | 'price' | 'stock') => ({
            label: t(`product.${k}`),
            value: v[k],
            error: wrong(`variants[${i}].${k}`),
            onChange: (e: { currentTarget: { value: string } }) =>
              onChange(variants.map((x) => (x.key === v.key ? { ...x, [k]: e.currentTarget.value } : x))),
          });
          return (
            <fieldset key={v.key} className={`${classes.line} ${classes.variant}`} aria-label={v.name || t('product.newVariant')}>
              <TextInput {...field('name')} dir="auto" />
              <TextInput {...field('sku')} dir="ltr" />
              <TextInput {...field('price')} inputMode="decimal" dir="ltr" />
              <TextInput {...field('stock')} inputMode="numeric" dir="ltr" />
              <ActionIcon
                className={classes.remove}
                variant="subtle"
                color="gray"
                size="lg"
                aria-label={t('product.removeVariant', { name: v.name })}
                onClick={() => onChange(variants.filter((x) => x.key !== v.key))}
              >
                <IconTrash size={18} />
              </ActionIcon>
            </fieldset>
          );
        })}
        <div>
          <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => onChange([...variants, newVariant()])}>
            {t('product.addVariant')}
          </Button>
        </div>
      </div>
    </Card>
  );
}
