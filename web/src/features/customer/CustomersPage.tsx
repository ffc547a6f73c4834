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
import { PeopleDrawing } from '@/shared/ui/drawings.tsx';
import { Empty } from '@/shared/ui/states.tsx';
import classes from './CustomersPage.module.css';
import { type Customer, customersFile, useCustomers } from './queries.ts';
import type { CustomerSearch } from './search.ts';

export function CustomersPage() {
  const { t } = useTranslation('customer');
  const { t: edit } = useTranslation('edit');
  const f = useFormat();
  const may = useMay();
  const navigate = useNavigate({ from: '/customers' });
  const search = useSearch({ from: '/inside/customers' });
  const list = useCustomers(search);
  const columns = useColumns(f);
  const change = useCallback(
    (next: Search) => navigate({ search: (s) => ({ ...s, ...(next as CustomerSearch) }), replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <ListPage
      name="customers"
      actions={
        may('customer.write') && (
          <Button renderRoot={(props) => <Link {...props} to="/customers/new" />}>{edit('action.newCustomer')}</Button>
        )
      }
      title={t('list.title')}
      list={list}
      columns={columns}
      hiddenFirst={['created', 'city', 'language']}
      rowKey={(c) => c.id}
      open={(c) => navigate({ to: '/customers/$id', params: { id: c.id } })}
      small={(c) => <SmallRow customer={c} format={f} />}
      search={{ ...search }}
      onChange={change}
      onClear={() => navigate({ search: {} })}
      words={{ key: 'q', label: t('list.search') }}
      filters={useFilters(f)}
      sorting={{ by: search.sort ?? 'last_seen', down: !search.up }}
      onSort={(s) => change({ sort: s.by, up: s.down ? undefined : true })}
      file={may('customer.export') ? (choice) => customersFile(search, choice) : undefined}
      personal
      noneFound={{ title: t('list.noneFound'), help: t('list.noneFoundHelp'), clear: t('list.clear') }}
      empty={
        <Empty
          title={t('list.empty')}
          drawing={<PeopleDrawing />}
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
      <FilterChip on={search.known === true} onChange={(on) => change({ known: on ? true : undefined })}>
        {t('list.known')}
      </FilterChip>
      <FilterChip on={search.known === false} onChange={(on) => change({ known: on ? false : undefined })}>
        {t('list.anonymous')}
      </FilterChip>
      <FilterChip on={search.buyers === true} onChange={(on) => change({ buyers: on ? true : undefined })}>
        {t('list.buyers')}
      </FilterChip>
    </ListPage>
  );
}

function useFilters(f: Format): Filter[] {
  const { t } = useTranslation('customer');
  return [
    { kind: 'days', key: 'from', until: 'until', label: t('column.lastSeen') },
    { kind: 'amounts', key: 'least', until: 'most', label: t('column.spent') },
    { kind: 'text', key: 'country', label: t('filter.country'), shown: (v) => f.country(v) },
    { kind: 'text', key: 'city', label: t('filter.city') },
    { kind: 'text', key: 'language', label: t('filter.language'), shown: (v) => f.languageName(v) },
  ];
}

export function customerName(c: Pick<Customer, 'name' | 'email' | 'phone' | 'external_id'>): string {
  return c.name || c.email || c.phone || c.external_id || '';
}

function NameLink({ customer: c }: { customer: Customer }) {
  const { t } = useTranslation('shared');
  const name = customerName(c);
  return (
    <Link to="/customers/$id" params={{ id: c.id }} className={name ? classes.name : classes.nameless}>
      <bdi>{name || t('unnamed')}</bdi>
    </Link>
  );
}

function useColumns(f: Format): Column<Customer>[] {
  const { t } = useTranslation('customer');
  return useMemo(
    () => [
      {
        key: 'name',
        label: t('column.name'),
        width: 'minmax(150px, 2fr)',
        sort: 'name',
        file: 'id,external_id,name',
        cell: (c) => <NameLink customer={c} />,
      },
      {
        key: 'email',
        file: 'email,phone',
        label: t('column.email'),
        width: 'minmax(150px, 3fr)',
        cell: (c) => <bdi className={classes.quiet}>{c.name ? c.email || c.phone : c.phone}</bdi>,
      },
      {
        key: 'place',
        file: 'country',
        label: t('column.place'),
        width: 'minmax(84px, 1fr)',
        cell: (c) => <span className={classes.quiet}>{c.country ? f.country(c.country) : c.city}</span>,
      },
      {
        key: 'city',
        label: t('filter.city'),
        width: 'minmax(84px, 1fr)',
        file: 'city',
        cell: (c) => <bdi className={classes.quiet}>{c.city}</bdi>,
      },
      {
        key: 'language',
        label: t('filter.language'),
        width: '110px',
        file: 'language',
        cell: (c) => <span className={classes.quiet}>{c.language ? f.languageName(c.language) : ''}</span>,
      },
      {
        key: 'orders',
        file: 'orders',
        label: t('column.orders'),
        width: '76px',
        end: true,
        sort: 'orders',
        cell: (c) => (c.orders ? f.number(c.orders) : <span className="dim">–</span>),
      },
      {
        key: 'spent',
        file: 'total_spent',
        label: t('column.spent'),
        width: '112px',
        end: true,
        sort: 'spent',
        cell: (c) => (c.orders ? f.money(c.total_spent) : <span className="dim">–</span>),
      },
      {
        key: 'lastOrder',
        file: 'last_order_at',
        label: t('column.lastOrder'),
        width: '116px',
        end: true,
        cell: (c) => (c.last_order_at ? f.day(c.last_order_at) : <span className="dim">–</span>),
      },
      {
        key: 'created',
        file: 'first_seen_at',
        label: t('column.firstSeen'),
        width: '116px',
        end: true,
        sort: 'created',
        cell: (c) => (c.first_seen_at ? f.day(c.first_seen_at) : ''),
      },
      {
        key: 'seen',
        file: 'last_seen_at',
        label: t('column.lastSeen'),
        width: '128px',
        end: true,
        sort: 'last_seen',
        cell: (c) => c.last_seen_at && <time dateTime={c.last_seen_at}>{f.ago(c.last_seen_at)}</time>,
      },
    ],
    [t, f],
  );
}

function SmallRow({ customer: c, format: f }: { customer: Customer; format: Format }) {
  const { t } = useTranslation('customer');
  return (
    <div className={classes.small}>
      <div className="cut">
        <NameLink customer={c} />
      </div>
      <div className="number">{c.orders ? f.money(c.total_spent) : ''}</div>
      <div className="cut small dim">
        <bdi>{c.name ? c.email : c.country ? f.country(c.country) : ''}</bdi>
      </div>
      <div className="number small dim">
        {c.orders ? t('list.orders', { count: c.orders }) : c.last_seen_at ? f.ago(c.last_seen_at) : ''}
      </div>
    </div>
  );
}
