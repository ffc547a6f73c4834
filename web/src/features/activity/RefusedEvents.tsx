import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { IconChevronDown } from '@/shared/ui/icons.ts';
import { Bones, Empty, Problem, Waiting } from '@/shared/ui/states.tsx';
import classes from './Events.module.css';
import { type Refused, useRefused } from './queries.ts';

/** Events that could not be believed, kept so that whoever sends them can see why. */
export function RefusedEvents() {
  const { t } = useTranslation('activity');
  const { t: shared } = useTranslation('shared');
  const list = useRefused(true);
  const rows = list.rows;
  return (
    <Card flush label={t('tab.refused')}>
      {rows === undefined ? (
        list.error ? (
          <Problem error={list.error} retry={() => list.refetch()} />
        ) : (
          <Waiting>
            <Bones rows={8} />
          </Waiting>
        )
      ) : rows.length === 0 ? (
        <Empty title={t('refused.none')}>{t('refused.noneHelp')}</Empty>
      ) : (
        <>
          <ol className={classes.list}>
            {rows.map((e) => (
              <RefusedLine key={e.id} event={e} />
            ))}
          </ol>
          {list.hasNextPage && (
            <Button variant="default" className={classes.more} loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
              {shared('action.more')}
            </Button>
          )}
        </>
      )}
    </Card>
  );
}

function RefusedLine({ event: e }: { event: Refused }) {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.event}>
      <button type="button" className={classes.line} aria-expanded={open} onClick={() => setOpen(!open)}>
        <time dateTime={e.at}>{f.instant(e.at)}</time>
        <span className={classes.name}>
          <bdi>{e.name || t('refused.nameless')}</bdi>
        </span>
        <span className={`cut ${classes.words}`}>
          <bdi lang="en">{e.reason}</bdi>
        </span>
        <IconChevronDown size={16} aria-hidden />
      </button>
      {open && (
        <div className={classes.details}>
          <p lang="en" dir="ltr">
            {e.reason} <code className="dim">{e.code}</code>
          </p>
          <pre className={classes.raw} dir="ltr">
            {e.body}
          </pre>
        </div>
      )}
    </li>
  );
}
