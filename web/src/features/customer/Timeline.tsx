import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Money } from '@/shared/format/format.ts';
import { isolated } from '@/shared/format/isolated.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { FilterChip } from '@/shared/list/Toolbar.tsx';
import {
  IconBolt,
  IconChevronDown,
  IconEye,
  IconFileText,
  IconReceiptRefund,
  IconSearch,
  IconShieldCheck,
  IconShoppingBag,
  IconShoppingCart,
  IconUser,
} from '@/shared/ui/icons.ts';
import { Properties } from '@/shared/ui/Properties.tsx';
import { Bones, Empty, Problem, Waiting } from '@/shared/ui/states.tsx';
import { type TimelineItem, useTimeline } from './queries.ts';
import classes from './Timeline.module.css';
import { byDay, type FilterKey, filters, type Look, propertiesOf, tell } from './timeline.ts';

const icons: Record<Look, typeof IconEye> = {
  view: IconEye,
  search: IconSearch,
  cart: IconShoppingCart,
  order: IconShoppingBag,
  refund: IconReceiptRefund,
  page: IconFileText,
  person: IconUser,
  consent: IconShieldCheck,
  event: IconBolt,
};

/** Everything one person did, newest first, with the days as headings. */
export function Timeline({ id }: { id: string }) {
  const { t } = useTranslation('customer');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const [chosen, setChosen] = useState<FilterKey[]>([]);
  const kinds = useMemo(() => chosen.flatMap((k) => [...filters[k]]), [chosen]);
  const list = useTimeline(id, kinds);
  const days = useMemo(() => byDay(list.rows ?? [], f.dayKey), [list.rows, f]);

  return (
    <section className={`card ${classes.sheet}`} aria-label={t('timeline.title')}>
      <header className={classes.head}>
        <h2>{t('timeline.title')}</h2>
        <div className={classes.filters}>
          {(Object.keys(filters) as FilterKey[]).map((k) => (
            <FilterChip key={k} on={chosen.includes(k)} onChange={(on) => setChosen(on ? [...chosen, k] : chosen.filter((c) => c !== k))}>
              {t(`timeline.filter.${k}`)}
            </FilterChip>
          ))}
        </div>
      </header>
      {list.rows === undefined ? (
        list.error ? (
          <Problem error={list.error} retry={() => list.refetch()} />
        ) : (
          <Waiting>
            <Bones rows={8} />
          </Waiting>
        )
      ) : days.length === 0 ? (
        <Empty title={chosen.length ? t('timeline.noneOfKind') : t('timeline.empty')} slim>
          {chosen.length ? undefined : t('timeline.emptyHelp')}
        </Empty>
      ) : (
        <div className={classes.days} data-old={list.isPlaceholderData || undefined}>
          {days.map(({ day, items }) => (
            <section key={day} aria-label={f.dayLong(day)}>
              <h3 className={classes.day}>{f.dayLong(day)}</h3>
              <ol className={classes.items}>
                {items.map((item) => (
                  <Entry key={item.id} item={item} />
                ))}
              </ol>
            </section>
          ))}
          {list.hasNextPage ? (
            <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()} className={classes.more}>
              {shared('action.more')}
            </Button>
          ) : (
            <p className={classes.end}>{t('timeline.end')}</p>
          )}
        </div>
      )}
    </section>
  );
}

function Entry({ item }: { item: TimelineItem }) {
  const { t } = useTranslation('customer');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const [open, setOpen] = useState(false);
  const { look, sentence, about } = tell(item);
  const nameless = item.kind === 'order' || item.kind === 'refund' ? shared('numberless') : '…';
  const Icon = icons[look];
  const p = propertiesOf(item);
  const total = (p.total ?? p.amount) as Money | undefined;
  const amount = typeof total === 'object' && total?.currency ? f.money(total) : '';
  const order = item.kind === 'order' && p.order_id ? String(p.order_id) : '';
  const has = Object.keys(p).length > 0;
  return (
    <li className={classes.entry} data-look={look}>
      <span className={classes.icon}>
        <Icon size={15} stroke={1.8} aria-hidden />
      </span>
      <div className={classes.body}>
        <div className={classes.line}>
          <span className={classes.words}>
            {sentence ? t(`told.${sentence as 'page'}`, { about: isolated(about || nameless) }) : isolated(about || item.kind)}
          </span>
          {amount && <span className={classes.amount}>{amount}</span>}
          <time className={classes.time} dateTime={item.at} title={f.instant(item.at)}>
            {f.time(item.at)}
          </time>
          {has ? (
            <button
              type="button"
              className={classes.toggle}
              aria-expanded={open}
              aria-label={t('timeline.details')}
              onClick={() => setOpen(!open)}
            >
              <IconChevronDown size={16} aria-hidden />
            </button>
          ) : (
            <span className={classes.toggle} />
          )}
        </div>
        {open && (
          <div className={classes.details}>
            <Properties of={p} />
            {order && (
              <Link to="/orders/$id" params={{ id: order }}>
                {t('timeline.openOrder')}
              </Link>
            )}
          </div>
        )}
      </div>
    </li>
  );
}
