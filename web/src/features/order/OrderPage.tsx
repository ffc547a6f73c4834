import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card, Facts } from '@/shared/ui/Card.tsx';
import { useOrderNumber } from '@/shared/ui/orderNumber.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Properties } from '@/shared/ui/Properties.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import { History } from './History.tsx';
import classes from './Order.module.css';
import { OrderActions } from './OrderActions.tsx';
import { OrderState } from './OrderState.tsx';
import { type OrderDetail, useBuyer, useOrder } from './queries.ts';

/** One order with what it is made of. */
export function OrderPage() {
  const { t } = useTranslation('order');
  const { id } = useParams({ from: '/inside/orders/$id' });
  const query = useOrder(id);
  const o = query.data;
  const number = useOrderNumber();
  const title = t('page.title', { number: number(o?.external_id) });
  return (
    <Page
      title={o ? title : t('list.title')}
      heading={
        o && (
          <span className={classes.heading}>
            {title}
            <OrderState order={o} />
          </span>
        )
      }
      above={<Link to="/orders">{t('list.title')}</Link>}
      actions={o && <OrderActions order={o} />}
    >
      <Loaded query={query}>
        {(order) => (
          <div className={classes.columns}>
            <div className={classes.main}>
              <Lines order={order} />
              {(order.refunds?.length ?? 0) > 0 && <Refunds order={order} />}
              <History order={order} />
            </div>
            <div className={classes.side}>
              <Buyer order={order} />
              <About order={order} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Lines({ order: o }: { order: OrderDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  const sums: [string, string | undefined][] = [
    [t('sum.discount'), Number(o.discount.amount) ? f.money({ ...o.discount, amount: `-${o.discount.amount}` }) : undefined],
    [t('sum.shipping'), Number(o.shipping.amount) ? f.money(o.shipping) : undefined],
    [t('sum.tax'), Number(o.tax.amount) ? f.money(o.tax) : undefined],
  ];
  return (
    <Card title={t('page.lines')} flush>
      <table className={classes.lines}>
        <thead>
          <tr>
            <th scope="col">{t('line.product')}</th>
            <th scope="col">{t('line.quantity')}</th>
            <th scope="col" className={classes.wide}>
              {t('line.price')}
            </th>
            <th scope="col">{t('line.total')}</th>
          </tr>
        </thead>
        <tbody>
          {(o.lines ?? []).map((l, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the same article may stand twice
            <tr key={i}>
              <td>
                {l.product_id && l.product_id !== '0' ? (
                  <Link to="/products/$id" params={{ id: l.product_id }}>
                    <bdi>{l.name || l.sku}</bdi>
                  </Link>
                ) : (
                  <bdi>{l.name || l.sku}</bdi>
                )}
                {l.sku && l.name && (
                  <div className="small dim">
                    <bdi>{l.sku}</bdi>
                  </div>
                )}
              </td>
              <td>{f.number(l.quantity)}</td>
              <td className={classes.wide}>{f.money(l.price)}</td>
              <td>{f.money(l.total)}</td>
            </tr>
          ))}
          {(o.lines ?? []).length === 0 && (
            <tr>
              <td colSpan={4} className="dim">
                {t('page.noLines')}
              </td>
            </tr>
          )}
        </tbody>
      </table>
      <dl className={classes.sums}>
        {sums.map(([name, value]) => value && <Sum key={name} name={name} value={value} />)}
        <Sum name={t('sum.total')} value={f.money(o.total)} strong />
        {o.reporting_total && o.reporting_total.currency !== o.total.currency && (
          <Sum name={t('sum.reporting')} value={f.money(o.reporting_total)} />
        )}
        {!o.reporting_total && <Sum name={t('sum.reporting')} value={t('sum.noRate')} />}
        {Number(o.refunded.amount) > 0 && <Sum name={t('sum.refunded')} value={f.money(o.refunded)} />}
      </dl>
    </Card>
  );
}

function Sum({ name, value, strong }: { name: string; value: string; strong?: boolean }) {
  return (
    <div className={strong ? classes.strong : undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Refunds({ order: o }: { order: OrderDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  return (
    <Card title={t('page.refunds')} flush>
      <table className={classes.lines}>
        <thead>
          <tr>
            <th scope="col">{t('refund.reason')}</th>
            <th scope="col">{t('refund.at')}</th>
            <th scope="col">{t('refund.amount')}</th>
          </tr>
        </thead>
        <tbody>
          {(o.refunds ?? []).map((r) => (
            <tr key={r.key}>
              <td>
                {r.reason ? <bdi>{r.reason}</bdi> : <span className="dim">{t('refund.noReason')}</span>}
                {r.lines.map((l, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: what came back stands in its order
                  <div key={i} className="small dim">
                    {f.number(l.quantity)} × <bdi>{l.name || l.sku}</bdi>
                  </div>
                ))}
              </td>
              <td>{f.instant(r.at)}</td>
              <td>{f.money(r.amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function Buyer({ order: o }: { order: OrderDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  const may = useMay();
  const { data: c } = useBuyer(o.customer_id, may('customer.read'));
  return (
    <Card title={t('page.buyer')}>
      {c ? (
        <div className={classes.buyer}>
          <Link to="/customers/$id" params={{ id: c.id }} className={classes.number}>
            <bdi>{c.name || c.email || c.external_id || t('buyerKnown')}</bdi>
          </Link>
          {c.name && c.email && (
            <span className="small dim">
              <bdi>{c.email}</bdi>
            </span>
          )}
          <span className="small">{t('page.buyerWorth', { count: c.orders, spent: f.money(c.total_spent) })}</span>
        </div>
      ) : (
        <bdi className="dim">{o.email || t('page.noBuyer')}</bdi>
      )}
    </Card>
  );
}

function About({ order: o }: { order: OrderDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  const attributes = (typeof o.attributes === 'object' && o.attributes !== null ? o.attributes : {}) as Record<string, unknown>;
  return (
    <>
      <Card title={t('page.about')}>
        <Facts
          rows={[
            [t('about.placed'), o.placed_at && f.instant(o.placed_at)],
            [t('about.cancelled'), o.cancelled_at && f.instant(o.cancelled_at)],
            [t('about.coupon'), o.coupon && <code>{o.coupon}</code>],
            [t('about.email'), o.email],
            [t('about.confirmed'), o.confirmed ? t('about.byServer') : t('about.byBrowser')],
            [t('about.updated'), f.ago(o.updated_at)],
          ]}
        />
      </Card>
      {Object.keys(attributes).length > 0 && (
        <Card title={t('page.attributes')}>
          <Properties of={attributes} />
        </Card>
      )}
    </>
  );
}
