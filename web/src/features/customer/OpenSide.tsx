import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { numberOf } from '@/shared/ui/orderNumber.ts';
import { Status } from '@/shared/ui/Status.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import classes from './CustomerPage.module.css';
import { type CustomerDetail, useCustomerOrders, useOpenCarts } from './queries.ts';

/** What is open: cart, newest orders, people who may be the same. */
export function OpenSide({ customer: c, mayOrders }: { customer: CustomerDetail; mayOrders: boolean }) {
  return (
    <>
      {mayOrders && <Carts id={c.id} />}
      {mayOrders && <Orders id={c.id} />}
      <Candidates customer={c} />
    </>
  );
}

function Carts({ id }: { id: string }) {
  const { t } = useTranslation('customer');
  const f = useFormat();
  const query = useOpenCarts(id, true);
  return (
    <Card title={t('open.cart')}>
      <Loaded query={query} slim>
        {({ items }) =>
          !items?.length ? (
            <p className="dim small">{t('open.noCart')}</p>
          ) : (
            items.map((cart) => (
              <div key={cart.key}>
                <ul className={classes.lines}>
                  {cart.lines?.map((l) => (
                    <li key={l.product + l.sku}>
                      {l.image_url ? (
                        <img className={classes.picture} src={l.image_url} alt="" loading="lazy" />
                      ) : (
                        <span className={classes.picture} />
                      )}
                      <span className="cut" dir="auto">
                        {l.name || l.sku || l.product}
                      </span>
                      <span className="dim small">{t('open.times', { count: l.quantity })}</span>
                    </li>
                  ))}
                </ul>
                <div className={classes.total}>
                  <span>{f.ago(cart.updated_at)}</span>
                  <span>{f.money(cart.value)}</span>
                </div>
              </div>
            ))
          )
        }
      </Loaded>
    </Card>
  );
}

function Orders({ id }: { id: string }) {
  const { t } = useTranslation('customer');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const query = useCustomerOrders(id, true);
  return (
    <Card title={t('open.orders')} flush>
      <Loaded query={query} slim>
        {({ items }) =>
          !items?.length ? (
            <p className={`dim small ${classes.order}`}>{t('open.noOrders')}</p>
          ) : (
            <div>
              {items.map((o) => (
                <Link key={o.id} to="/orders/$id" params={{ id: o.id }} className={classes.order}>
                  <span className="cut">
                    <bdi>{numberOf(o.external_id) || shared('numberless')}</bdi>
                  </span>
                  <span className="number">{f.money(o.total)}</span>
                  <span className="small dim">{f.day(o.placed_at ?? o.updated_at)}</span>
                  <span className="number">
                    {o.status !== 'placed' && (
                      <Status tone={o.status === 'cancelled' ? 'bad' : 'warn'}>{shared(`orderStatus.${o.status}`)}</Status>
                    )}
                  </span>
                </Link>
              ))}
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}

function Candidates({ customer: c }: { customer: CustomerDetail }) {
  const { t, i18n } = useTranslation('customer');
  const list = c.candidates ?? [];
  if (list.length === 0) return null;
  const why = (reason: string) => (i18n.exists(`reason.${reason}`, { ns: 'customer' }) ? t(`reason.${reason as 'email'}`) : reason);
  return (
    <Card title={t('open.candidates')}>
      <p className="dim small">{t('open.candidatesHelp')}</p>
      <ul className={classes.lines}>
        {list.map((k) => (
          <li key={k.customer_id}>
            <span />
            <span className={classes.two}>
              <Link to="/customers/$id" params={{ id: k.customer_id }} className="cut">
                <bdi>{k.name || k.email || k.customer_id}</bdi>
              </Link>
              <span className="small dim">{why(k.reason)}</span>
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}
