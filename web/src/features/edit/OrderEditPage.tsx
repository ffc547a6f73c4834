import { Checkbox, Select, Textarea, TextInput } from '@mantine/core';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay, useReporting } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { useCurrencies } from '@/shared/ui/choices.ts';
import { DayField } from '@/shared/ui/DayField.tsx';
import { useOrderNumber } from '@/shared/ui/orderNumber.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { say } from '@/shared/ui/undo.tsx';
import classes from './Edit.module.css';
import { EditForm, useWrong } from './EditForm.tsx';
import { LinesField } from './LinesField.tsx';
import { bodyOf, emptyOrder, formOf, type OrderForm, sumOf } from './order.ts';
import { type Order, useCustomerToEdit, useOrderToEdit, useSaveOrder } from './queries.ts';

export function NewOrderPage() {
  const { t } = useTranslation('edit');
  const { customer } = useSearch({ from: '/inside/orders/new' });
  const may = useMay();
  return (
    <Page title={t('order.new')} above={<Link to="/orders">{t('order.list')}</Link>}>
      {may('order.write') ? <OrderFields customer={customer ?? ''} onReload={() => {}} /> : <NoPermission />}
    </Page>
  );
}

export function EditOrderPage() {
  const { t } = useTranslation('edit');
  const { id } = useParams({ from: '/inside/orders/$id/edit' });
  const query = useOrderToEdit(id);
  const number = useOrderNumber();
  const may = useMay();
  const title = t('order.edit', { number: number(query.data?.external_id) });
  const above = (
    <Link to="/orders/$id" params={{ id }}>
      {t('order.back')}
    </Link>
  );
  return (
    <Page title={title} above={above}>
      {may('order.write') ? (
        <Loaded query={query}>{(o) => <OrderFields key={o.version} order={o} customer="" onReload={() => void query.refetch()} />}</Loaded>
      ) : (
        <NoPermission />
      )}
    </Page>
  );
}

function OrderFields({ order, customer, onReload }: { order?: Order; customer: string; onReload: () => void }) {
  const { t } = useTranslation('edit');
  const f = useFormat();
  const navigate = useNavigate();
  const { currency } = useReporting();
  const today = f.dayKey(Date.now());
  const [was] = useState(() => (order ? formOf(order, (at) => f.dayKey(Date.parse(at))) : undefined));
  const [form, setForm] = useState<OrderForm>(() => was ?? emptyOrder(currency, today, customer));
  const save = useSaveOrder(order?.id ?? '');
  const number = useOrderNumber();
  const wrong = useWrong(save.error);
  const currencies = useCurrencies();
  const set = (part: Partial<OrderForm>) => setForm({ ...form, ...part });
  const field = (key: 'number' | 'discount' | 'shipping' | 'tax' | 'coupon' | 'note', path: string = key) => ({
    label: t(`order.${key}`),
    value: form[key],
    error: wrong(path),
    onChange: (e: { currentTarget: { value: string } }) => set({ [key]: e.currentTarget.value }),
  });
  const amount = { inputMode: 'decimal' as const, dir: 'ltr' as const };
  const leave = (id: string | undefined) => (id ? navigate({ to: '/orders/$id', params: { id } }) : navigate({ to: '/orders' }));
  const submit = () =>
    save.mutate(
      { body: bodyOf(form, was, today), version: order?.version ?? '' },
      {
        onSuccess: (o) => {
          say(t(order ? 'order.saved' : 'order.made', { number: number(o.external_id) }));
          void leave(o.id);
        },
      },
    );
  return (
    <EditForm
      onSave={submit}
      saving={save.isPending}
      error={save.error}
      save={t(order ? 'save' : 'order.make')}
      onCancel={() => void leave(order?.id)}
      onReload={onReload}
      state={form}
    >
      <Card title={t('order.about')}>
        <div className={classes.fields}>
          {!order && (
            <TextInput {...field('number', 'external_id')} description={t('order.numberHelp')} dir="ltr" data-autofocus autoFocus />
          )}
          <Select
            label={t('order.currency')}
            searchable
            data={currencies}
            value={form.currency}
            error={wrong('currency')}
            onChange={(v) => v && set({ currency: v })}
          />
          {form.day && <DayField label={t('order.day')} value={form.day} onChange={(day) => set({ day })} />}
          <TextInput {...field('coupon')} dir="ltr" />
        </div>
      </Card>
      <BuyerFields form={form} set={set} wrong={wrong} />
      <LinesField lines={form.lines} onChange={(lines) => set({ lines })} wrong={wrong} />
      <Card title={t('order.sums')}>
        <div className={classes.rows}>
          <div className={classes.fields}>
            <TextInput {...field('discount')} {...amount} />
            <TextInput {...field('shipping')} {...amount} />
            <TextInput {...field('tax')} {...amount} />
          </div>
          <Checkbox
            label={t('order.taxIncluded')}
            checked={form.taxIncluded}
            onChange={(e) => set({ taxIncluded: e.currentTarget.checked })}
          />
          <Sums form={form} />
        </div>
      </Card>
      <Card title={t('order.noteTitle')}>
        <div className={classes.rows}>
          <Textarea {...field('note')} description={t('order.noteHelp')} dir="auto" autosize minRows={2} maxLength={2000} />
          {order && (
            <Checkbox
              label={t('order.cancelled')}
              description={t('order.cancelledHelp')}
              checked={form.cancelled}
              onChange={(e) => set({ cancelled: e.currentTarget.checked })}
            />
          )}
        </div>
      </Card>
    </EditForm>
  );
}

function Sums({ form }: { form: OrderForm }) {
  const { t } = useTranslation('edit');
  const f = useFormat();
  const { items, total } = sumOf(form);
  const money = (n: number) => f.money({ amount: n.toFixed(4), currency: form.currency });
  return (
    <dl className={classes.sums} aria-live="polite">
      <div>
        <dt>{t('order.items')}</dt>
        <dd>{money(items)}</dd>
      </div>
      <div className={classes.strong}>
        <dt>{t('order.total')}</dt>
        <dd>{money(total)}</dd>
      </div>
    </dl>
  );
}

interface BuyerProps {
  form: OrderForm;
  set: (part: Partial<OrderForm>) => void;
  wrong: (path: string) => string | undefined;
}

function BuyerFields({ form, set, wrong }: BuyerProps) {
  const { t } = useTranslation('edit');
  const may = useMay();
  const { data: c } = useCustomerToEdit(may('customer.read') ? form.customerId : '');
  const known = c && (c.name || c.email || c.external_id);
  const field = (key: 'email' | 'customerNumber' | 'name', path: string) => ({
    label: t(`order.${key}`),
    value: form[key],
    error: wrong(path),
    onChange: (e: { currentTarget: { value: string } }) => set({ [key]: e.currentTarget.value }),
  });
  return (
    <Card title={t('order.buyer')}>
      <div className={classes.rows}>
        {known && (
          <p>
            {t('order.buyerIs')} <bdi>{known}</bdi>
          </p>
        )}
        {wrong('customer') && (
          <p className={classes.trouble} role="alert">
            {wrong('customer')}
          </p>
        )}
        <p className="small dim">{t(known ? 'order.otherBuyer' : 'order.buyerHelp')}</p>
        <div className={classes.fields}>
          <TextInput {...field('email', 'customer.email')} type="email" dir="ltr" />
          <TextInput {...field('customerNumber', 'customer.external_id')} dir="ltr" />
          <TextInput {...field('name', 'customer.name')} dir="auto" />
        </div>
      </div>
    </Card>
  );
}
