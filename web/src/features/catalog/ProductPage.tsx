import { Button } from '@mantine/core';
import { Link, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card, Facts } from '@/shared/ui/Card.tsx';
import { Page } from '@/shared/ui/Page.tsx';
import { Properties } from '@/shared/ui/Properties.tsx';
import { Status } from '@/shared/ui/Status.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import { BuyersCard } from './BuyersCard.tsx';
import classes from './Catalog.module.css';
import { Picture } from './Picture.tsx';
import { PricesCard } from './PricesCard.tsx';
import { type ProductDetail, useProduct } from './queries.ts';
import { SaleCard } from './SaleCard.tsx';

export function ProductPage() {
  const { t } = useTranslation('catalog');
  const { id } = useParams({ from: '/inside/products/$id' });
  const query = useProduct(id);
  const p = query.data;
  return (
    <Page
      title={p?.name || p?.sku || t('list.title')}
      heading={p && <Heading product={p} />}
      above={<Link to="/products">{t('list.title')}</Link>}
      actions={p && <EditButton id={p.id} />}
    >
      <Loaded query={query}>{(product) => <Body product={product} />}</Loaded>
    </Page>
  );
}

function EditButton({ id }: { id: string }) {
  const { t } = useTranslation('edit');
  const may = useMay();
  if (!may('catalog.write')) return null;
  return <Button renderRoot={(props) => <Link {...props} to="/products/$id/edit" params={{ id }} />}>{t('action.edit')}</Button>;
}

function Heading({ product: p }: { product: ProductDetail }) {
  const { t } = useTranslation('catalog');
  return (
    <span className={classes.heading}>
      <bdi>{p.name || p.sku}</bdi>
      {p.sighted ? (
        <Status tone="plain">{t('page.sighted')}</Status>
      ) : (
        <Status tone={p.active ? 'good' : 'warn'}>{p.active ? t('page.active') : t('page.inactive')}</Status>
      )}
    </span>
  );
}

function Body({ product: p }: { product: ProductDetail }) {
  const { t } = useTranslation('catalog');
  const f = useFormat();
  const may = useMay();
  const variants = p.variants ?? [];
  return (
    <div className={classes.columns}>
      <div className={classes.side}>
        <Picture src={p.image_url} large />
        {p.sighted && <p className="small dim">{t('page.sightedHelp')}</p>}
      </div>
      <div className={classes.main}>
        <Card title={t('page.about')}>
          <Facts
            rows={[
              [t('column.price'), p.price && f.money(p.price)],
              [t('page.cost'), p.cost && f.money(p.cost)],
              [t('column.stock'), p.stock === undefined || p.stock === null ? undefined : f.number(p.stock)],
              [t('column.sku'), p.sku && <code>{p.sku}</code>],
              [t('page.number'), p.external_id && <code>{p.external_id}</code>],
              [t('column.category'), p.category],
              [t('column.brand'), p.brand],
              [
                t('page.address'),
                p.url && /^https?:/.test(p.url) && (
                  <a href={p.url} rel="noreferrer" target="_blank">
                    {p.url}
                  </a>
                ),
              ],
              [t('page.updated'), f.ago(p.updated_at)],
            ]}
          />
        </Card>
        {may('report.read') && <SaleCard id={p.id} />}
        {p.description && (
          <Card title={t('page.description')}>
            <p className={classes.description} dir="auto">
              {plain(p.description)}
            </p>
          </Card>
        )}
        {variants.length > 0 && (
          <Card title={t('page.variants')} flush>
            <table className={classes.table}>
              <thead>
                <tr>
                  <th scope="col">{t('column.name')}</th>
                  <th scope="col">{t('column.sku')}</th>
                  <th scope="col">{t('column.stock')}</th>
                  <th scope="col">{t('column.price')}</th>
                </tr>
              </thead>
              <tbody>
                {variants.map((v) => (
                  <tr key={v.id}>
                    <td>
                      <bdi>{v.name || Object.values(v.options ?? {}).join(' · ') || v.sku}</bdi>
                    </td>
                    <td>
                      <bdi>{v.sku}</bdi>
                    </td>
                    <td>{v.stock === undefined || v.stock === null ? '–' : f.number(v.stock)}</td>
                    <td>{v.price ? f.money(v.price) : '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Card>
        )}
        <PricesCard id={p.id} />
        {may('report.read') && <BuyersCard id={p.id} />}
        {Object.keys(p.attributes ?? {}).length > 0 && (
          <Card title={t('page.attributes')}>
            <Properties of={p.attributes} />
          </Card>
        )}
      </div>
    </div>
  );
}

/** The words of a description. It is somebody else's HTML, so it is read and never shown as markup. */
function plain(html: string): string {
  const page = new DOMParser().parseFromString(html.replaceAll(/<(br|\/p|\/li|\/h\d)[^>]*>/gi, '\n'), 'text/html');
  return (page.body.textContent ?? '').replaceAll(/\n{3,}/g, '\n\n').trim();
}
