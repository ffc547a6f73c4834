import { Button, Drawer } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { Money } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useOrderNumber } from '@/shared/ui/orderNumber.ts';
import { Bones, Empty, Problem, Waiting } from '@/shared/ui/states.tsx';
import { type FigureKey, figures } from './figures.ts';
import classes from './Overview.module.css';
import type { Period } from './period.ts';
import { type OverviewRow, useOverviewRows } from './queries.ts';

interface Props {
  figure: FigureKey | undefined;
  period: Period;
  onClose: () => void;
}

/** How a figure is counted, and the rows it is counted from. */
export function FigureDrawer({ figure, period, onClose }: Props) {
  const { t } = useTranslation('report');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const rowsOf = figures.find((x) => x.key === figure)?.rows;
  const list = useOverviewRows(rowsOf, period);
  return (
    <Drawer
      opened={figure !== undefined}
      onClose={onClose}
      size={480}
      title={figure && <strong>{t(`figure.${figure}`)}</strong>}
      closeButtonProps={{ 'aria-label': shared('action.close') }}
    >
      {figure && (
        <div className={classes.drawer}>
          <div className={classes.definition}>
            <h3>{t('explain.title')}</h3>
            <p>{t(`definition.${figure}`)}</p>
          </div>
          {rowsOf ? (
            <>
              <div>
                <h3>{t(`rows.${rowsOf as 'orders'}`)}</h3>
                <p className="small dim">{f.dayRange(period.from, period.until)}</p>
              </div>
              {list.rows === undefined ? (
                list.error ? (
                  <Problem error={list.error} retry={() => list.refetch()} slim />
                ) : (
                  <Waiting>
                    <Bones rows={6} />
                  </Waiting>
                )
              ) : list.rows.length === 0 ? (
                <Empty title={t('rows.none')} slim />
              ) : (
                <ul className={classes.rows}>
                  {list.rows.map((r) => (
                    <Row key={r.id + r.at} row={r} kind={rowsOf} />
                  ))}
                </ul>
              )}
              {list.hasNextPage && (
                <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
                  {shared('action.more')}
                </Button>
              )}
            </>
          ) : (
            <p className="small dim">{t('rows.tooMany')}</p>
          )}
        </div>
      )}
    </Drawer>
  );
}

function Row({ row: r, kind }: { row: OverviewRow; kind: string }) {
  const number = useOrderNumber();
  const f = useFormat();
  const people = kind === 'new_customers' || kind === 'customers';
  const label = <bdi>{r.external_id ? number(r.external_id) : r.name || r.id}</bdi>;
  return (
    <li className={classes.rowLine}>
      {people ? (
        <Link to="/customers/$id" params={{ id: r.customer_id || r.id }} className="cut">
          {r.name ? <bdi>{r.name}</bdi> : label}
        </Link>
      ) : (
        <Link to="/orders/$id" params={{ id: r.id }} className="cut">
          {label}
        </Link>
      )}
      <span className="number">{r.amount ? f.money(r.amount as Money) : ''}</span>
      <span className="cut small dim">{people ? '' : <bdi>{r.name}</bdi>}</span>
      <span className="number small dim">{f.instant(r.at)}</span>
    </li>
  );
}
