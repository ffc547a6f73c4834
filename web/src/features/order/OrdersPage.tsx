import { Button } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Column, DataList } from '@/shared/list/DataList.tsx';
import { FilterChip, SearchField, Toolbar } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { ParcelDrawing } from '@/shared/ui/drawings.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { Empty } from '@/shared/ui/states.tsx';
import classes from './Order.module.css';
import { OrderState } from './OrderState.tsx';
import { type Order, useOrders } from './queries.ts';
import type { OrderSearch } from './search.ts';

const states = ['placed', 'pending', 'cancelled'] as const;

export function OrdersPage() {
  const { t } = useTranslation('order');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const may = useMay();
  const navigate = useNavigate({ from: '/orders' });
  const search = useSearch({ from: '/inside/orders' });
  const list = useOrders(search);
  const columns = useColumns(f);
  const change = useCallback(
    (next: OrderSearch) => navigate({ search: (s) => ({ ...s, ...next }), replace: true, resetScroll: false }),
    [navigate],
  );
  const onSearch = useCallback((number: string) => change({ number: number.trim() || undefined }), [change]);
  const filtered = Boolean(search.number || search.status);
  return (
    <Page title={t('list.title')}>
      <Toolbar>
        <SearchField label={t('list.search')} value={search.number ?? ''} onChange={onSearch} />
        {states.map((s) => (
          <FilterChip key={s} on={search.status === s} onChange={(on) => change({ status: on ? s : undefined })}>
            {shared(`orderStatus.${s}`)}
          </FilterChip>
        ))}
      </Toolbar>
      <DataList
        label={t('list.title')}
        list={list}
        columns={columns}
        rowKey={(o) => o.id}
        open={(o) => navigate({ to: '/orders/$id', params: { id: o.id } })}
        muted={(o) => o.status === 'cancelled' || o.test}
        small={(o) => <SmallRow order={o} format={f} />}
        empty={
          filtered ? (
            <Empty
              title={t('list.noneFound')}
              action={
                <Button variant="default" onClick={() => navigate({ search: {} })}>
                  {t('list.clear')}
                </Button>
              }
            >
              {t('list.noneFoundHelp')}
            </Empty>
          ) : (
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
          )
        }
      />
    </Page>
  );
}

function NumberLink({ order: o }: { order: Order }) {
  return (
    <Link to="/orders/$id" params={{ id: o.id }} className={classes.number}>
      <bdi>{o.external_id}</bdi>
    </Link>
  );
}

function useColumns(f: Format): Column<Order>[] {
  const { t } = useTranslation('order');
  return useMemo(
    () => [
      { key: 'number', label: t('column.number'), width: 'minmax(110px, 1fr)', cell: (o) => <NumberLink order={o} /> },
      {
        key: 'placed',
        label: t('column.placed'),
        width: '168px',
        cell: (o) => (o.placed_at ? <time dateTime={o.placed_at}>{f.instant(o.placed_at)}</time> : <span className="dim">–</span>),
      },
      {
        key: 'buyer',
        label: t('column.buyer'),
        width: 'minmax(160px, 2fr)',
        cell: (o) =>
          o.customer_id && o.customer_id !== '0' ? (
            <Link to="/customers/$id" params={{ id: o.customer_id }} className={classes.quiet}>
              <bdi>{o.email || t('buyerKnown')}</bdi>
            </Link>
          ) : (
            <bdi className={classes.quiet}>{o.email}</bdi>
          ),
      },
      { key: 'state', label: t('column.state'), width: '148px', cell: (o) => <OrderState order={o} quiet /> },
      {
        key: 'refunded',
        label: t('column.refunded'),
        width: '112px',
        end: true,
        cell: (o) => (Number(o.refunded.amount) ? f.money(o.refunded) : <span className="dim">–</span>),
      },
      {
        key: 'total',
        label: t('column.total'),
        width: '124px',
        end: true,
        cell: (o) => <strong className={classes.money}>{f.money(o.total)}</strong>,
      },
    ],
    [t, f],
  );
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
