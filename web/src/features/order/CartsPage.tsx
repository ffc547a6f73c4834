import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import type { Column } from '@/shared/list/DataList.tsx';
import type { Search } from '@/shared/list/Filters.tsx';
import { ListPage } from '@/shared/list/ListPage.tsx';
import { FilterChip } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { ParcelDrawing } from '@/shared/ui/drawings.tsx';
import { Status } from '@/shared/ui/Status.tsx';
import { Empty } from '@/shared/ui/states.tsx';
import classes from './Order.module.css';
import { type Cart, cartsFile, useCarts, useShops } from './queries.ts';
import type { CartSearch } from './search.ts';

const states = ['open', 'left', 'recovered', 'ordered', 'empty'] as const;
const tones = { open: 'busy', left: 'warn', recovered: 'good', ordered: 'good', empty: 'plain' } as const;

/** What lies in carts: those left are orders that somebody nearly made. */
export function CartsPage() {
  const { t } = useTranslation('order');
  const f = useFormat();
  const may = useMay();
  const navigate = useNavigate({ from: '/carts' });
  const search = useSearch({ from: '/inside/carts' });
  const list = useCarts(search);
  const columns = useColumns(f);
  const shops = useShops().data?.items ?? [];
  const change = useCallback(
    (next: Search) => navigate({ search: (s) => ({ ...s, ...(next as CartSearch) }), replace: true, resetScroll: false }),
    [navigate],
  );
  const state = search.state ?? 'open';
  return (
    <ListPage
      name="carts"
      title={t('cart.title')}
      list={list}
      columns={columns}
      rowKey={(c) => `${c.customer_id}/${c.shop_id}/${c.key}`}
      open={(c) => navigate({ to: '/carts/$customer/$shop/$key', params: { customer: c.customer_id, shop: c.shop_id, key: c.key } })}
      search={{ ...search }}
      onChange={change}
      onClear={() => navigate({ search: {} })}
      filters={[
        { kind: 'days', key: 'from', until: 'until', label: t('cart.updated') },
        { kind: 'amounts', key: 'least', until: 'most', label: t('cart.value') },
        { kind: 'text', key: 'currency', label: t('filter.currency') },
        ...(shops.length > 1
          ? [{ kind: 'choice' as const, key: 'shop', label: t('filter.shop'), options: shops.map((s) => ({ value: s.id, label: s.name })) }]
          : []),
      ]}
      sorting={{ by: 'updated', down: !search.up }}
      onSort={(s) => change({ up: s.down ? undefined : true })}
      file={may('customer.export') ? (choice) => cartsFile(search, choice) : undefined}
      personal
      small={(c) => (
        <div className={classes.small}>
          <div className="cut">{contents(c)}</div>
          <div className="number">{f.money(worth(c))}</div>
          <div className="cut small dim">{t(`cart.state.${c.outcome}`)}</div>
          <div className="number small dim">{f.ago(c.updated_at)}</div>
        </div>
      )}
      noneFound={{ title: t('cart.none'), help: t('cart.noneFits'), clear: t('cart.clear') }}
      empty={
        <Empty title={t('cart.none')} drawing={<ParcelDrawing />}>
          {t('cart.noneHelp')}
        </Empty>
      }
    >
      {states.map((s) => (
        <FilterChip key={s} on={state === s} onChange={(on) => change({ state: on ? (s === 'open' ? undefined : s) : 'all' })}>
          {t(`cart.state.${s}`)}
        </FilterChip>
      ))}
    </ListPage>
  );
}

/** What a cart is worth: what lies in it, or what lay in it when it was ordered. */
export function worth(c: Pick<Cart, 'value' | 'ordered_value'>) {
  return c.ordered_value ?? c.value;
}

export function CartState({ outcome }: { outcome: Cart['outcome'] }) {
  const { t } = useTranslation('order');
  return <Status tone={tones[outcome]}>{t(`cart.state.${outcome}`)}</Status>;
}

function contents(c: Cart): string {
  return (c.lines ?? []).map((l) => l.name || l.sku || l.product).join(' · ');
}

function useColumns(f: Format): Column<Cart>[] {
  const { t } = useTranslation('order');
  return useMemo(
    () => [
      {
        key: 'contents',
        label: t('cart.contents'),
        width: 'minmax(200px, 3fr)',
        file: 'key,contents,customer_id',
        cell: (c) => (
          <Link
            to="/carts/$customer/$shop/$key"
            params={{ customer: c.customer_id, shop: c.shop_id, key: c.key }}
            className={classes.number}
          >
            <bdi>{contents(c) || t('cart.emptyCart')}</bdi>
          </Link>
        ),
      },
      { key: 'items', label: t('cart.pieces'), width: '84px', end: true, file: 'items', cell: (c) => f.number(c.items) },
      {
        key: 'checkout',
        label: t('cart.checkout'),
        width: 'minmax(120px, 1fr)',
        file: 'checkout_step',
        cell: (c) =>
          c.checkout_step > 0 ? t('cart.step', { step: f.number(c.checkout_step) }) : <span className="dim">{t('cart.notYet')}</span>,
      },
      {
        key: 'state',
        label: t('column.state'),
        width: '124px',
        file: 'outcome',
        cell: (c) => <CartState outcome={c.outcome} />,
      },
      {
        key: 'updated',
        label: t('cart.updated'),
        width: '132px',
        end: true,
        sort: 'updated',
        file: 'updated_at',
        cell: (c) => f.ago(c.updated_at),
      },
      {
        key: 'value',
        label: t('cart.value'),
        width: '112px',
        end: true,
        file: 'value,ordered_value',
        cell: (c) => <strong className={classes.money}>{f.money(worth(c))}</strong>,
      },
    ],
    [t, f],
  );
}
