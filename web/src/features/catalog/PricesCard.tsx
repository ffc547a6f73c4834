import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import classes from './Catalog.module.css';
import { usePrices } from './queries.ts';

/** Which prices the product had, since when, and who said so. */
export function PricesCard({ id }: { id: string }) {
  const { t } = useTranslation('catalog');
  const f = useFormat();
  const query = usePrices(id);
  return (
    <Card title={t('prices.title')} flush>
      <Loaded query={query}>
        {(page) =>
          (page.items ?? []).length === 0 ? (
            <p className={`small dim ${classes.inset}`}>{t('prices.none')}</p>
          ) : (
            <div className={classes.scroll}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th scope="col">{t('prices.since')}</th>
                    <th scope="col">{t('prices.who')}</th>
                    <th scope="col">{t('column.price')}</th>
                  </tr>
                </thead>
                <tbody>
                  {(page.items ?? []).map((p) => (
                    <tr key={`${p.variant_id} ${p.at}`}>
                      <td>
                        <time dateTime={p.at}>{f.instant(p.at)}</time>
                        {p.variant && (
                          <div className="small dim">
                            <bdi>{p.variant}</bdi>
                          </div>
                        )}
                      </td>
                      <td>
                        {t(`prices.by.${p.said_by}`)}
                        {p.who && (
                          <div className="small dim">
                            <bdi>{p.who}</bdi>
                          </div>
                        )}
                      </td>
                      <td>{p.price ? f.money(p.price) : '–'}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Card>
  );
}
