import { Button } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Column, DataList, type Sorting } from '@/shared/list/DataList.tsx';
import { ColumnPicker, FilterChip, SearchField, Toolbar } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { remember, remembered } from '@/shared/prefs/prefs.ts';
import { PeopleDrawing } from '@/shared/ui/drawings.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { Empty } from '@/shared/ui/states.tsx';
import classes from './CustomersPage.module.css';
import { type Customer, useCustomers } from './queries.ts';
import type { CustomerSearch } from './search.ts';

export function CustomersPage() {
  const { t } = useTranslation('customer');
  const f = useFormat();
  const may = useMay();
  const navigate = useNavigate({ from: '/customers' });
  const search = useSearch({ from: '/inside/customers' });
  const list = useCustomers(search);
  const columns = useColumns(f);
  const [hidden, setHidden] = useState<string[]>(() => remembered('customers.hidden', ['created']));

  const change = useCallback(
    (next: Partial<CustomerSearch>) => navigate({ search: (s) => ({ ...s, ...next }), replace: true, resetScroll: false }),
    [navigate],
  );
  const onSearch = useCallback((q: string) => change({ q: q.trim() || undefined }), [change]);
  const sorting: Sorting = { by: search.sort ?? 'last_seen', down: !search.up };
  const filtered = Boolean(search.q) || search.known !== undefined || search.buyers !== undefined;

  return (
    <Page title={t('list.title')}>
      <Toolbar>
        <SearchField label={t('list.search')} value={search.q ?? ''} onChange={onSearch} />
        <FilterChip on={search.known === true} onChange={(on) => change({ known: on ? true : undefined })}>
          {t('list.known')}
        </FilterChip>
        <FilterChip on={search.known === false} onChange={(on) => change({ known: on ? false : undefined })}>
          {t('list.anonymous')}
        </FilterChip>
        <FilterChip on={search.buyers === true} onChange={(on) => change({ buyers: on ? true : undefined })}>
          {t('list.buyers')}
        </FilterChip>
        <ColumnPicker
          columns={columns.slice(1)}
          hidden={hidden}
          onChange={(h) => {
            setHidden(h);
            remember('customers.hidden', h);
          }}
        />
      </Toolbar>
      <DataList
        label={t('list.title')}
        list={list}
        columns={columns.filter((c) => !hidden.includes(c.key))}
        rowKey={(c) => c.id}
        open={(c) => navigate({ to: '/customers/$id', params: { id: c.id } })}
        sorting={sorting}
        onSort={(s) => change({ sort: s.by as CustomerSearch['sort'], up: s.down ? undefined : true })}
        small={(c) => <SmallRow customer={c} format={f} />}
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
          )
        }
      />
    </Page>
  );
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
      { key: 'name', label: t('column.name'), width: 'minmax(150px, 2fr)', sort: 'name', cell: (c) => <NameLink customer={c} /> },
      {
        key: 'email',
        label: t('column.email'),
        width: 'minmax(150px, 3fr)',
        cell: (c) => <bdi className={classes.quiet}>{c.name ? c.email || c.phone : c.phone}</bdi>,
      },
      {
        key: 'place',
        label: t('column.place'),
        width: 'minmax(84px, 1fr)',
        cell: (c) => <span className={classes.quiet}>{c.country ? f.country(c.country) : c.city}</span>,
      },
      {
        key: 'orders',
        label: t('column.orders'),
        width: '76px',
        end: true,
        sort: 'orders',
        cell: (c) => (c.orders ? f.number(c.orders) : <span className="dim">–</span>),
      },
      {
        key: 'spent',
        label: t('column.spent'),
        width: '112px',
        end: true,
        sort: 'spent',
        cell: (c) => (c.orders ? f.money(c.total_spent) : <span className="dim">–</span>),
      },
      {
        key: 'lastOrder',
        label: t('column.lastOrder'),
        width: '116px',
        end: true,
        cell: (c) => (c.last_order_at ? f.day(c.last_order_at) : <span className="dim">–</span>),
      },
      {
        key: 'created',
        label: t('column.firstSeen'),
        width: '116px',
        end: true,
        sort: 'created',
        cell: (c) => (c.first_seen_at ? f.day(c.first_seen_at) : ''),
      },
      {
        key: 'seen',
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
