import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { useOrderNumber } from '@/shared/ui/orderNumber.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { complain, doWithUndo } from '@/shared/ui/undo.tsx';
import type { OrderDetail } from './queries.ts';
import { useEditOrder } from './writes/queries.ts';

/** What can be done with an order. Cancelling is done a few seconds later, so that it can be undone; also after that it can be taken back. */
export function OrderActions({ order: o }: { order: OrderDetail }) {
  const { t } = useTranslation('edit');
  const may = useMay();
  const text = useProblemText();
  const number = useOrderNumber();
  const edit = useEditOrder(o.id);
  const [waiting, setWaiting] = useState(false);
  if (!may('order.write')) return null;
  const cancelled = o.status === 'cancelled';
  const turn = () => {
    setWaiting(true);
    doWithUndo({
      message: t(cancelled ? 'action.reinstated' : 'action.cancelled', { number: number(o.external_id) }),
      commit: () => edit.mutateAsync({ status: cancelled ? 'placed' : 'cancelled' }).finally(() => setWaiting(false)),
      revert: () => setWaiting(false),
      failed: (error) => complain(text(error)),
    });
  };
  const left = Number(o.total.amount) > Number(o.refunded.amount) || o.lines.some((l) => l.returned < l.quantity);
  return (
    <>
      {(o.status === 'placed' || cancelled) && (
        <Button variant="default" disabled={waiting} onClick={turn}>
          {cancelled ? t('action.reinstate') : t('action.cancelOrder')}
        </Button>
      )}
      {o.status !== 'pending' && left && (
        <Button variant="default" renderRoot={(props) => <Link {...props} to="/orders/$id/refund" params={{ id: o.id }} />}>
          {t('action.refund')}
        </Button>
      )}
      <Button renderRoot={(props) => <Link {...props} to="/orders/$id/edit" params={{ id: o.id }} />}>{t('action.edit')}</Button>
    </>
  );
}
