import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { Problem } from '@/shared/ui/states.tsx';
import classes from './Catalog.module.css';
import { useBuyers } from './queries.ts';

/** Who bought the product, the last one first. */
export function BuyersCard({ id }: { id: string }) {
  const { t } = useTranslation('catalog');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const list = useBuyers(id, true);
  const rows = list.rows ?? [];
  return (
    <Card title={t('buyers.title')} flush>
      {list.error && <Problem error={list.error} retry={() => list.refetch()} slim />}
      {list.rows && rows.length === 0 && <p className={`small dim ${classes.inset}`}>{t('buyers.none')}</p>}
      {rows.length > 0 && (
        <div className={classes.scroll}>
          <table className={classes.table}>
            <thead>
              <tr>
                <th scope="col">{t('buyers.name')}</th>
                <th scope="col">{t('buyers.last')}</th>
                <th scope="col">{t('sale.units')}</th>
                <th scope="col">{t('sale.revenue')}</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((b) => (
                <tr key={b.customer_id}>
                  <td>
                    <Link to="/customers/$id" params={{ id: b.customer_id }} className={classes.name}>
                      <bdi>{b.name || shared('unnamed')}</bdi>
                    </Link>
                  </td>
                  <td>
                    <time dateTime={b.last_at}>{f.day(b.last_at)}</time>
                  </td>
                  <td>{f.number(b.units)}</td>
                  <td>{f.money(b.revenue)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <div className={classes.inset}>
          <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
            {shared('action.more')}
          </Button>
        </div>
      )}
    </Card>
  );
}
