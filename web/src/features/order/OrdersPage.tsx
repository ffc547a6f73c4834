import { Button } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import type { Column } from '@/shared/list/DataList.tsx';
import type { Filter, Search } from '@/shared/list/Filters.tsx';
import { ListPage } from '@/shared/list/ListPage.tsx';
import { FilterChip } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { ParcelDrawing } from '@/shared/ui/drawings.tsx';
import { useOrderNumber } from '@/shared/ui/orderNumber.ts';
import { Empty } from '@/shared/ui/states.tsx';
import classes from './Order.module.css';
import { OrderState } from './OrderState.tsx';
import { type Order, ordersFile, useOrders, useShops } from './queries.ts';
import type { OrderSearch } from './search.ts';

const states = ['placed', 'pending', 'cancelled'] as const;

export function OrdersPage() {
  const { t } = useTranslation('order');
  const { t: edit } = useTranslation('edit');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const may = useMay();
  const navigate = useNavigate({ from: '/orders' });
  const search = useSearch({ from: '/inside/orders' });
  const list = useOrders(search);
  const columns = useColumns(f);
  const filters = useFilters(search);
  const change = useCallback(
    (next: Search) => navigate({ search: (s) => ({ ...s, ...(next as OrderSearch) }), replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <ListPage
      name="orders"
      actions={
        may('order.write') && <Button renderRoot={(props) => <Link {...props} to="/orders/new" />}>{edit('action.newOrder')}</Button>
      }
      title={t('list.title')}
      list={list}
      columns={columns}
      hiddenFirst={['coupon', 'shop', 'worth']}
      rowKey={(o) => o.id}
      open={(o) => navigate({ to: '/orders/$id', params: { id: o.id } })}
      muted={(o) => o.status === 'cancelled' || o.test}
      small={(o) => <SmallRow order={o} format={f} />}
      search={{ ...search }}
      onChange={change}
      onClear={() => navigate({ search: {} })}
      words={{ key: 'number', label: t('list.search') }}
      filters={filters}
      sorting={search.number ? undefined : { by: search.sort ?? 'placed', down: !search.up }}
      onSort={(s) => change({ sort: s.by === 'placed' ? undefined : s.by, up: s.down ? undefined : true })}
      file={may('customer.export') ? (choice) => ordersFile(search, choice) : undefined}
      personal
      noneFound={{ title: t('list.noneFound'), help: t('list.noneFoundHelp'), clear: t('list.clear') }}
      empty={
        <Empty
          title={t('list.empty')}
          drawing={<ParcelDrawing />}
          action={
            may('import.run') && (
              <Button component={Link} to="/imports">
                {t('list.emptyAction')}
              </Button>
            )
          }
        >
          {t('list.emptyHelp')}
        </Empty>
      }
    >
      {states.map((s) => (
        <FilterChip key={s} on={search.status === s} onChange={(on) => change({ status: on ? s : undefined })}>
          {shared(`orderStatus.${s}`)}
        </FilterChip>
      ))}
    </ListPage>
  );
}

function useFilters(search: OrderSearch): Filter[] {
  const { t } = useTranslation('order');
  const shops = useShops().data?.items ?? [];
  return [
    { kind: 'days', key: 'from', until: 'until', label: t('column.placed') },
    { kind: 'amounts', key: 'least', until: 'most', label: t('column.total') },
    { kind: 'text', key: 'currency', label: t('filter.currency') },
    { kind: 'flag', key: 'refunded', label: t('column.refunded'), yes: t('filter.refunded'), no: t('filter.notRefunded') },
    { kind: 'text', key: 'coupon', label: t('about.coupon') },
    ...(shops.length > 1 || search.shop
      ? [{ kind: 'choice' as const, key: 'shop', label: t('filter.shop'), options: shops.map((s) => ({ value: s.id, label: s.name })) }]
      : []),
    ...(search.customer ? [{ kind: 'fixed' as const, key: 'customer', label: t('column.buyer'), shown: t('filter.oneBuyer') }] : []),
    ...(search.product ? [{ kind: 'fixed' as const, key: 'product', label: t('line.product'), shown: t('filter.oneProduct') }] : []),
  ];
}

function NumberLink({ order: o }: { order: Order }) {
  const number = useOrderNumber();
  return (
    <Link to="/orders/$id" params={{ id: o.id }} className={classes.number}>
      <bdi>{number(o.external_id)}</bdi>
    </Link>
  );
}

function useColumns(f: Format): Column<Order>[] {
  const { t } = useTranslation('order');
  return useMemo(
    () => [
      { key: 'number', label: t('column.number'), width: 'minmax(110px, 1fr)', file: 'external_id', cell: (o) => <NumberLink order={o} /> },
      {
        key: 'placed',
        label: t('column.placed'),
        width: '168px',
        sort: 'placed',
        file: 'placed_at',
        cell: (o) => (o.placed_at ? <time dateTime={o.placed_at}>{f.instant(o.placed_at)}</time> : <span className="dim">–</span>),
      },
      {
        key: 'buyer',
        label: t('column.buyer'),
        width: 'minmax(160px, 2fr)',
        file: 'customer_id,email',
        cell: (o) =>
          o.customer_id && o.customer_id !== '0' ? (
            <Link to="/customers/$id" params={{ id: o.customer_id }} className={classes.quiet}>
              <bdi>{o.email || t('buyerKnown')}</bdi>
            </Link>
          ) : (
            <bdi className={classes.quiet}>{o.email}</bdi>
          ),
      },
      {
        key: 'state',
        label: t('column.state'),
        width: '148px',
        file: 'status,test,confirmed',
        cell: (o) => <OrderState order={o} quiet />,
      },
      {
        key: 'coupon',
        label: t('about.coupon'),
        width: '120px',
        file: 'coupon',
        cell: (o) => <bdi className={classes.quiet}>{o.coupon}</bdi>,
      },
      { key: 'shop', label: t('filter.shop'), width: '140px', file: 'shop_id', cell: (o) => <ShopName id={o.shop_id} /> },
      {
        key: 'refunded',
        label: t('column.refunded'),
        width: '112px',
        end: true,
        file: 'refunded',
        cell: (o) => (Number(o.refunded.amount) ? f.money(o.refunded) : <span className="dim">–</span>),
      },
      {
        key: 'total',
        label: t('column.total'),
        width: '124px',
        end: true,
        sort: 'total',
        file: 'total',
        cell: (o) => <strong className={classes.money}>{f.money(o.total)}</strong>,
      },
      {
        key: 'worth',
        label: t('sum.reporting'),
        width: '132px',
        end: true,
        file: 'reporting_total',
        cell: (o) => (o.reporting_total ? f.money(o.reporting_total) : <span className="dim">{t('sum.noRate')}</span>),
      },
    ],
    [t, f],
  );
}

function ShopName({ id }: { id: string }) {
  const shops = useShops().data?.items ?? [];
  return <bdi className={classes.quiet}>{shops.find((s) => s.id === id)?.name ?? ''}</bdi>;
}

function SmallRow({ order: o, format: f }: { order: Order; format: Format }) {
  return (
    <div className={classes.small}>
      <div className="cut">
        <NumberLink order={o} />
      </div>
      <div className="number">{f.money(o.total)}</div>
      <div className="cut small dim">
        <bdi>{o.email}</bdi>
      </div>
      <div className="number small dim">{o.status === 'placed' ? o.placed_at && f.day(o.placed_at) : <OrderState order={o} />}</div>
    </div>
  );
}
