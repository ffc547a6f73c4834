import { Button } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Column, DataList } from '@/shared/list/DataList.tsx';
import { SearchField, Toolbar } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { ParcelDrawing } from '@/shared/ui/drawings.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { Empty } from '@/shared/ui/states.tsx';
import classes from './Catalog.module.css';
import { Picture } from './Picture.tsx';
import { type Product, useProducts } from './queries.ts';

export function ProductsPage() {
  const { t } = useTranslation('catalog');
  const f = useFormat();
  const may = useMay();
  const navigate = useNavigate({ from: '/products' });
  const { q } = useSearch({ from: '/inside/products' });
  const list = useProducts(q);
  const columns = useColumns(f);
  const onSearch = useCallback(
    (text: string) => navigate({ search: text.trim() ? { q: text.trim() } : {}, replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <Page title={t('list.title')}>
      <Toolbar>
        <SearchField label={t('list.search')} value={q ?? ''} onChange={onSearch} />
      </Toolbar>
      <DataList
        label={t('list.title')}
        list={list}
        columns={columns}
        rowKey={(p) => p.id}
        open={(p) => navigate({ to: '/products/$id', params: { id: p.id } })}
        small={(p) => (
          <div className={classes.small}>
            <Picture src={p.image_url} />
            <div className="cut">
              <NameLink product={p} />
            </div>
            <div className="number">{p.price ? f.money(p.price) : ''}</div>
          </div>
        )}
        empty={
          q ? (
            <Empty title={t('list.noneFound')}>{t('list.noneFoundHelp')}</Empty>
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

function NameLink({ product: p }: { product: Product }) {
  return (
    <Link to="/products/$id" params={{ id: p.id }} className={classes.name}>
      <bdi>{p.name || p.sku || p.external_id}</bdi>
    </Link>
  );
}

function useColumns(f: Format): Column<Product>[] {
  const { t } = useTranslation('catalog');
  return useMemo(
    () => [
      {
        key: 'name',
        label: t('column.name'),
        width: 'minmax(200px, 3fr)',
        cell: (p) => (
          <span className={classes.nameCell}>
            <Picture src={p.image_url} />
            <span className="cut">
              <NameLink product={p} />
            </span>
          </span>
        ),
      },
      { key: 'sku', label: t('column.sku'), width: 'minmax(90px, 1fr)', cell: (p) => <bdi className={classes.quiet}>{p.sku}</bdi> },
      {
        key: 'category',
        label: t('column.category'),
        width: 'minmax(120px, 2fr)',
        cell: (p) => <bdi className={classes.quiet}>{p.category}</bdi>,
      },
      { key: 'brand', label: t('column.brand'), width: 'minmax(90px, 1fr)', cell: (p) => <bdi className={classes.quiet}>{p.brand}</bdi> },
      {
        key: 'stock',
        label: t('column.stock'),
        width: '92px',
        end: true,
        cell: (p) => (p.stock === undefined || p.stock === null ? <span className="dim">–</span> : f.number(p.stock)),
      },
      {
        key: 'price',
        label: t('column.price'),
        width: '112px',
        end: true,
        cell: (p) => (p.price ? f.money(p.price) : <span className="dim">–</span>),
      },
    ],
    [t, f],
  );
}
