import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import classes from './Overview.module.css';
import type { Overview } from './queries.ts';

/** What sold best, with the share of each as a bar behind it. */
export function TopProducts({ products }: { products: Overview['top_products'] }) {
  const { t } = useTranslation('report');
  const f = useFormat();
  const list = products ?? [];
  const most = Math.max(1, ...list.map((p) => Number(p.revenue.amount)));
  return (
    <Card title={t('top.title')} flush>
      {list.length === 0 ? (
        <p className={`small dim ${classes.topNone}`}>{t('top.none')}</p>
      ) : (
        <ol className={classes.top}>
          {list.map((p, i) => (
            <li key={p.product_id + p.name} className={classes.topRow}>
              {p.image_url ? (
                <img className={classes.picture} src={p.image_url} alt="" loading="lazy" />
              ) : (
                <span className={classes.picture}>{f.number(i + 1)}</span>
              )}
              <span className={classes.topText}>
                <span className={classes.topLine}>
                  {p.product_id && p.product_id !== '0' ? (
                    <Link to="/products/$id" params={{ id: p.product_id }} className="cut">
                      <bdi>{p.name}</bdi>
                    </Link>
                  ) : (
                    <span className="cut" dir="auto">
                      {p.name || t('top.nameless')}
                    </span>
                  )}
                  <span className="number small dim">{t('top.sold', { count: Math.round(p.quantity) })}</span>
                  <span className={`number ${classes.topMoney}`}>{f.money(p.revenue)}</span>
                </span>
                <span className={classes.track}>
                  <span className={classes.fill} style={{ width: `${(Number(p.revenue.amount) / most) * 100}%` }} />
                </span>
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
