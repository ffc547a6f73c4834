import { useTranslation } from 'react-i18next';
import { Status } from '@/shared/ui/Status.tsx';
import type { Order } from './queries.ts';

type Stated = Pick<Order, 'status' | 'confirmed' | 'test' | 'refunded' | 'total'>;

/** The state of an order in one word: what matters most about it first. */
export function OrderState({ order: o, quiet }: { order: Stated; quiet?: boolean }) {
  const { t } = useTranslation('order');
  const { t: shared } = useTranslation('shared');
  if (o.test) return <Status tone="plain">{t('state.test')}</Status>;
  if (o.status === 'cancelled') return <Status tone="bad">{shared('orderStatus.cancelled')}</Status>;
  if (o.status === 'pending') return <Status tone="warn">{shared('orderStatus.pending')}</Status>;
  if (!o.confirmed) return <Status tone="warn">{t('state.unconfirmed')}</Status>;
  const refunded = Number(o.refunded.amount);
  if (refunded > 0) return <Status tone="plain">{refunded >= Number(o.total.amount) ? t('state.refunded') : t('state.partly')}</Status>;
  // In a list of hundreds, the ordinary is not worth a colour.
  if (quiet) return <span className="dim">{shared('orderStatus.placed')}</span>;
  return <Status tone="good">{shared('orderStatus.placed')}</Status>;
}
