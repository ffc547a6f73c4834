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
import { Empty } from '@/shared/ui/states.tsx';
import classes from './Catalog.module.css';
import { Picture } from './Picture.tsx';
import { type Product, productsFile, useFacets, useProducts } from './queries.ts';
import type { ProductSearch } from './search.ts';

export function ProductsPage() {
  const { t } = useTranslation('catalog');
  const { t: edit } = useTranslation('edit');
  const f = useFormat();
  const may = useMay();
  const navigate = useNavigate({ from: '/products' });
  const search = useSearch({ from: '/inside/products' });
  const list = useProducts(search);
  const columns = useColumns(f);
  const filters = useFilters();
  const change = useCallback(
    (next: Search) => navigate({ search: (s) => ({ ...s, ...(next as ProductSearch) }), replace: true, resetScroll: false }),
    [navigate],
  );
  return (
    <ListPage
      name="products"
      actions={
        may('catalog.write') && <Button renderRoot={(props) => <Link {...props} to="/products/new" />}>{edit('action.newProduct')}</Button>
      }
      title={t('list.title')}
      list={list}
      columns={columns}
      hiddenFirst={['updated']}
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
      search={{ ...search }}
      onChange={change}
      onClear={() => navigate({ search: {} })}
      words={{ key: 'q', label: t('list.search') }}
      filters={filters}
      sorting={{ by: search.sort ?? 'name', down: search.down === true }}
      onSort={(s) => change({ sort: s.by === 'name' ? undefined : s.by, down: s.down || undefined })}
      file={(choice) => productsFile(search, choice)}
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
      <FilterChip on={search.stock === true} onChange={(on) => change({ stock: on || undefined })}>
        {t('filter.inStock')}
      </FilterChip>
      <FilterChip on={search.stock === false} onChange={(on) => change({ stock: on ? false : undefined })}>
        {t('filter.soldOut')}
      </FilterChip>
    </ListPage>
  );
}

function useFilters(): Filter[] {
  const { t } = useTranslation('catalog');
  const facets = useFacets().data;
  const options = (values: string[] | undefined) => (values ?? []).map((v) => ({ value: v, label: v }));
  const chosen = (key: 'category' | 'brand', values: string[] | undefined): Filter =>
    facets?.cut
      ? { kind: 'text', key, label: t(`column.${key}`) }
      : { kind: 'choice', key, label: t(`column.${key}`), options: options(values) };
  return [
    chosen('category', facets?.categories),
    chosen('brand', facets?.brands),
    { kind: 'amounts', key: 'least', until: 'most', label: t('column.price') },
    { kind: 'text', key: 'currency', label: t('filter.currency') },
    { kind: 'flag', key: 'active', label: t('filter.state'), yes: t('page.active'), no: t('page.inactive') },
  ];
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
        sort: 'name',
        file: 'id,external_id,name',
        cell: (p) => (
          <span className={classes.nameCell}>
            <Picture src={p.image_url} />
            <span className="cut">
              <NameLink product={p} />
            </span>
          </span>
        ),
      },
      {
        key: 'sku',
        label: t('column.sku'),
        width: 'minmax(90px, 1fr)',
        file: 'sku',
        cell: (p) => <bdi className={classes.quiet}>{p.sku}</bdi>,
      },
      {
        key: 'category',
        label: t('column.category'),
        width: 'minmax(120px, 2fr)',
        file: 'category',
        cell: (p) => <bdi className={classes.quiet}>{p.category}</bdi>,
      },
      {
        key: 'brand',
        label: t('column.brand'),
        width: 'minmax(90px, 1fr)',
        file: 'brand',
        cell: (p) => <bdi className={classes.quiet}>{p.brand}</bdi>,
      },
      {
        key: 'stock',
        label: t('column.stock'),
        width: '92px',
        end: true,
        sort: 'stock',
        file: 'stock',
        cell: (p) => (p.stock === undefined || p.stock === null ? <span className="dim">–</span> : f.number(p.stock)),
      },
      {
        key: 'price',
        label: t('column.price'),
        width: '112px',
        end: true,
        sort: 'price',
        file: 'price',
        cell: (p) => (p.price ? f.money(p.price) : <span className="dim">–</span>),
      },
      {
        key: 'updated',
        label: t('page.updated'),
        width: '132px',
        end: true,
        sort: 'updated',
        file: 'updated_at',
        cell: (p) => f.ago(p.updated_at),
      },
    ],
    [t, f],
  );
}
