import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Column, DataList } from '@/shared/list/DataList.tsx';
import { FilterChip, Toolbar } from '@/shared/list/Toolbar.tsx';
import { ParcelDrawing } from '@/shared/ui/drawings.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { Status } from '@/shared/ui/Status.tsx';
import { Empty } from '@/shared/ui/states.tsx';
import classes from './Order.module.css';
import { type Cart, useCarts } from './queries.ts';

const states = ['open', 'ordered', 'empty'] as const;
const tones = { open: 'busy', ordered: 'good', empty: 'plain' } as const;

/** What lies in carts: open ones are orders that somebody nearly made. */
export function CartsPage() {
  const { t } = useTranslation('order');
  const f = useFormat();
  const [state, setState] = useState<Cart['status'] | undefined>('open');
  const list = useCarts(state);
  const columns = useColumns(f);
  return (
    <Page title={t('cart.title')}>
      <Toolbar>
        {states.map((s) => (
          <FilterChip key={s} on={state === s} onChange={(on) => setState(on ? s : undefined)}>
            {t(`cart.state.${s}`)}
          </FilterChip>
        ))}
      </Toolbar>
      <DataList
        label={t('cart.title')}
        list={list}
        columns={columns}
        rowKey={(c) => `${c.shop_id}/${c.key}`}
        small={(c) => (
          <div className={classes.small}>
            <div className="cut">{contents(c)}</div>
            <div className="number">{f.money(c.value)}</div>
            <div className="cut small dim">{t('cart.items', { count: c.items })}</div>
            <div className="number small dim">{f.ago(c.updated_at)}</div>
          </div>
        )}
        empty={
          <Empty title={t('cart.none')} drawing={<ParcelDrawing />}>
            {t('cart.noneHelp')}
          </Empty>
        }
      />
    </Page>
  );
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
        cell: (c) =>
          c.customer_id && c.customer_id !== '0' ? (
            <Link to="/customers/$id" params={{ id: c.customer_id }} className={classes.number}>
              <bdi>{contents(c) || t('cart.emptyCart')}</bdi>
            </Link>
          ) : (
            <bdi>{contents(c) || t('cart.emptyCart')}</bdi>
          ),
      },
      { key: 'items', label: t('cart.pieces'), width: '84px', end: true, cell: (c) => f.number(c.items) },
      {
        key: 'checkout',
        label: t('cart.checkout'),
        width: 'minmax(120px, 1fr)',
        cell: (c) =>
          c.checkout_step > 0 ? t('cart.step', { step: f.number(c.checkout_step) }) : <span className="dim">{t('cart.notYet')}</span>,
      },
      {
        key: 'state',
        label: t('column.state'),
        width: '124px',
        cell: (c) => <Status tone={tones[c.status]}>{t(`cart.state.${c.status}`)}</Status>,
      },
      { key: 'updated', label: t('cart.updated'), width: '132px', end: true, cell: (c) => f.ago(c.updated_at) },
      {
        key: 'value',
        label: t('cart.value'),
        width: '112px',
        end: true,
        cell: (c) => <strong className={classes.money}>{f.money(c.value)}</strong>,
      },
    ],
    [t, f],
  );
}
