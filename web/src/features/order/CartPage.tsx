import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card, Facts } from '@/shared/ui/Card.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import { CartState } from './CartsPage.tsx';
import classes from './Order.module.css';
import { type CartDetail, useBuyer, useCart } from './queries.ts';

/** One cart: what lies in it, what happened to it, whose it is and whether it became an order. */
export function CartPage() {
  const { t } = useTranslation('order');
  const { customer, shop, key } = useParams({ from: '/inside/carts/$customer/$shop/$key' });
  const query = useCart({ customer_id: customer, shop_id: shop, key });
  const cart = query.data;
  return (
    <Page
      title={t('cart.page')}
      heading={
        cart && (
          <span className={classes.heading}>
            {t('cart.page')}
            <CartState outcome={cart.outcome} />
          </span>
        )
      }
      above={<Link to="/carts">{t('cart.title')}</Link>}
    >
      <Loaded query={query}>
        {(c) => (
          <div className={classes.columns}>
            <div className={classes.main}>
              <Contents cart={c} />
              <History cart={c} />
            </div>
            <div className={classes.side}>
              <Owner cart={c} />
              <Became cart={c} />
              <About cart={c} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function Contents({ cart: c }: { cart: CartDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  const lines = c.lines ?? [];
  return (
    <Card title={t(c.status === 'ordered' ? 'cart.held' : 'cart.contents')} flush>
      {lines.length === 0 ? (
        <p className={classes.inset}>{t('cart.emptyCart')}</p>
      ) : (
        <table className={classes.lines}>
          <thead>
            <tr>
              <th scope="col">{t('line.product')}</th>
              <th scope="col">{t('line.quantity')}</th>
              <th scope="col">{t('line.price')}</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((l) => (
              <tr key={`${l.product} ${l.sku} ${l.variant}`}>
                <td>
                  <bdi>{l.name || l.sku || l.product}</bdi>
                  {l.variant && (
                    <div className="small dim">
                      <bdi>{l.variant}</bdi>
                    </div>
                  )}
                </td>
                <td>{f.number(l.quantity)}</td>
                <td>{f.money(l.price)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <dl className={classes.sums}>
        <div className={classes.strong}>
          <dt>{t('cart.value')}</dt>
          <dd>{f.money(c.value)}</dd>
        </div>
      </dl>
    </Card>
  );
}

function History({ cart: c }: { cart: CartDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  return (
    <Card title={t('cart.history')}>
      <ol className={classes.history}>
        {c.history.map((h, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the history does not change its order
          <li key={i}>
            <time className="small dim" dateTime={h.at}>
              {f.instant(h.at)}
            </time>
            <span>
              {h.kind === 'step' ? t('cart.did.step', { step: f.number(h.step ?? 0) }) : t(`cart.did.${h.kind}`)}
              {(h.lines ?? []).length > 0 && (
                <bdi className={classes.quiet}> {f.list((h.lines ?? []).map((l) => l.name || l.sku || l.product))}</bdi>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Card>
  );
}

function Owner({ cart: c }: { cart: CartDetail }) {
  const { t } = useTranslation('order');
  const { t: shared } = useTranslation('shared');
  const may = useMay();
  const buyer = useBuyer(c.customer_id, may('customer.read')).data;
  return (
    <Card title={t('page.buyer')}>
      <div className={classes.buyer}>
        <Link to="/customers/$id" params={{ id: c.customer_id }} className={classes.number}>
          <bdi>{buyer?.name || buyer?.email || shared('unnamed')}</bdi>
        </Link>
        {buyer?.name && <bdi className="small dim">{buyer.email}</bdi>}
        <Link to="/carts" search={{ customer: c.customer_id, state: 'all' }} className="small">
          {t('cart.others')}
        </Link>
      </div>
    </Card>
  );
}

function Became({ cart: c }: { cart: CartDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  return (
    <Card title={t('cart.became')}>
      {c.orders.length === 0 ? (
        <p className="small dim">{t(c.status === 'ordered' ? 'cart.orderUnknown' : 'cart.noOrder')}</p>
      ) : (
        c.orders.map((o) => (
          <div key={o.id} className={classes.small}>
            <Link to="/orders/$id" params={{ id: o.id }} className={classes.number}>
              <bdi>{o.external_id}</bdi>
            </Link>
            <span className="number">{f.money(o.total)}</span>
            <span className="small dim">{o.placed_at && f.instant(o.placed_at)}</span>
          </div>
        ))
      )}
    </Card>
  );
}

function About({ cart: c }: { cart: CartDetail }) {
  const { t } = useTranslation('order');
  const f = useFormat();
  return (
    <Card title={t('cart.about')}>
      <Facts
        rows={[
          [t('cart.pieces'), f.number(c.items)],
          [t('cart.checkout'), c.checkout_step > 0 ? t('cart.step', { step: f.number(c.checkout_step) }) : t('cart.notYet')],
          [t('cart.started'), f.instant(c.started_at)],
          [t('cart.updated'), f.instant(c.updated_at)],
          [t('cart.key'), <code key="key">{c.key}</code>],
        ]}
      />
    </Card>
  );
}
