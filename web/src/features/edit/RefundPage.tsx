import { Button, TextInput } from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { useOrderNumber } from '@/shared/ui/orderNumber.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { say } from '@/shared/ui/undo.tsx';
import { plainNumber, readNumber } from './amount.ts';
import classes from './Edit.module.css';
import { EditForm, useWrong } from './EditForm.tsx';
import { type Order, useOrderToEdit, useRefundOrder } from './queries.ts';

/** Money back for an order, for what came back or without anything. */
export function RefundPage() {
  const { t } = useTranslation('edit');
  const { id } = useParams({ from: '/inside/orders/$id/refund' });
  const query = useOrderToEdit(id);
  const number = useOrderNumber();
  const may = useMay();
  const above = (
    <Link to="/orders/$id" params={{ id }}>
      {t('order.back')}
    </Link>
  );
  return (
    <Page title={t('refund.title', { number: number(query.data?.external_id) })} above={above}>
      {may('order.write') ? (
        <Loaded query={query}>{(o) => <RefundFields key={o.version} order={o} onReload={() => void query.refetch()} />}</Loaded>
      ) : (
        <NoPermission />
      )}
    </Page>
  );
}

function RefundFields({ order: o, onReload }: { order: Order; onReload: () => void }) {
  const { t } = useTranslation('edit');
  const f = useFormat();
  const navigate = useNavigate();
  const refund = useRefundOrder(o.id);
  const number = useOrderNumber();
  const wrong = useWrong(refund.error);
  const [back, setBack] = useState<string[]>(() => o.lines.map(() => ''));
  const [amount, setAmount] = useState<string>();
  const [reason, setReason] = useState('');
  const digits = (o.total.amount.split('.')[1] ?? '').length;
  const left = Math.max(0, Number(o.total.amount) - Number(o.refunded.amount));
  const worth = o.lines.reduce(
    (sum, l, i) => sum + (l.quantity ? (Number(l.total.amount) * readNumber(back[i] ?? '')) / l.quantity : 0),
    0,
  );
  const shown = amount ?? (worth > 0 ? Math.min(worth, left).toFixed(digits) : '');
  const money = (n: number) => f.money({ amount: n.toFixed(digits), currency: o.total.currency });
  const leave = () => navigate({ to: '/orders/$id', params: { id: o.id } });
  // Lines that nothing came back of are not sent: the places in the answer are those of what is sent.
  const returned = back.map((q, i) => ({ line: i + 1, quantity: readNumber(q) })).filter((l) => l.quantity > 0);
  const submit = () =>
    refund.mutate(
      {
        version: o.version,
        ...(shown ? { amount: { amount: plainNumber(shown), currency: o.total.currency } } : {}),
        ...(returned.length > 0 ? { lines: returned } : {}),
        ...(reason.trim() ? { reason: reason.trim() } : {}),
      },
      {
        onSuccess: () => {
          say(t('refund.done', { number: number(o.external_id) }));
          void leave();
        },
      },
    );
  const whole = () => {
    setBack(o.lines.map((l) => String(Math.max(0, l.quantity - l.returned))));
    setAmount(left.toFixed(digits));
  };
  return (
    <EditForm
      onSave={submit}
      saving={refund.isPending}
      error={refund.error}
      save={t('refund.give', { amount: money(shown ? readNumber(shown) : left) })}
      onCancel={() => void leave()}
      onReload={onReload}
      state={{ back, amount, reason }}
    >
      {o.lines.length > 0 && (
        <Card
          title={t('refund.lines')}
          actions={
            <Button variant="subtle" size="compact-sm" onClick={whole}>
              {t('refund.all')}
            </Button>
          }
        >
          <div className={classes.rows}>
            {o.lines.map((l, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the lines of one order stay in their places
              <div key={i} className={`${classes.line} ${classes.back}`}>
                <span>
                  <bdi>{l.name || l.sku}</bdi>
                  <span className="small dim">
                    {' '}
                    {t('refund.of', { left: f.number(Math.max(0, l.quantity - l.returned)), all: f.number(l.quantity) })}
                  </span>
                </span>
                <TextInput
                  aria-label={t('refund.quantity', { name: l.name || l.sku })}
                  inputMode="decimal"
                  dir="ltr"
                  placeholder="0"
                  disabled={l.quantity <= l.returned}
                  value={back[i]}
                  error={wrong(`lines[${returned.findIndex((r) => r.line === i + 1)}].quantity`)}
                  onChange={(e) => {
                    setAmount(undefined);
                    setBack(back.map((q, k) => (k === i ? e.currentTarget.value : q)));
                  }}
                />
              </div>
            ))}
          </div>
        </Card>
      )}
      <Card title={t('refund.money')}>
        <div className={classes.fields}>
          <TextInput
            label={t('refund.amount', { currency: o.total.currency })}
            description={t('refund.left', { left: money(left) })}
            inputMode="decimal"
            dir="ltr"
            value={shown}
            placeholder={left.toFixed(digits)}
            error={wrong('amount')}
            onChange={(e) => setAmount(e.currentTarget.value)}
          />
          <TextInput
            label={t('refund.reason')}
            dir="auto"
            value={reason}
            error={wrong('reason')}
            onChange={(e) => setReason(e.currentTarget.value)}
          />
        </div>
      </Card>
    </EditForm>
  );
}
