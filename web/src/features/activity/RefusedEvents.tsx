import { Button, Select } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Toolbar } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { IconChevronDown } from '@/shared/ui/icons.ts';
import { Bones, Empty, Problem, Waiting } from '@/shared/ui/states.tsx';
import classes from './Events.module.css';
import { type Refused, useReasons, useRefused } from './queries.ts';
import { SendAgain } from './SendAgain.tsx';
import { TraceView } from './TraceView.tsx';
import { VerdictMark } from './VerdictMark.tsx';

/** Events that could not be believed, kept so that whoever sends them can see why, and sent again when the cause is gone. */
export function RefusedEvents() {
  const { t } = useTranslation('activity');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const { code = '' } = useSearch({ from: '/inside/events' });
  const navigate = useNavigate({ from: '/events' });
  const may = useMay();
  const reasons = useReasons().data?.items ?? [];
  const list = useRefused(code);
  const rows = list.rows;
  const { refetch } = list;
  // The reasons are asked for every few seconds; where they changed, the list has too.
  const state = reasons.map((r) => r.code + r.events + r.last_at).join();
  const known = useRef(state);
  useEffect(() => {
    if (known.current !== '' && known.current !== state) void refetch();
    known.current = state;
  }, [state, refetch]);
  return (
    <>
      {(reasons.length > 0 || code) && (
        <Toolbar>
          <Select
            className={classes.reason}
            aria-label={t('refused.reason')}
            placeholder={t('refused.anyReason')}
            clearable
            value={code || null}
            onChange={(v) => navigate({ search: { tab: 'refused', ...(v ? { code: v } : {}) }, replace: true })}
            data={[
              ...reasons.map((r) => ({ value: r.code, label: `${r.code} (${f.number(r.events)})` })),
              ...(code && !reasons.some((r) => r.code === code) ? [{ value: code, label: code }] : []),
            ]}
          />
          {code && may('activity.write') && <SendAgain key={code} code={code} />}
        </Toolbar>
      )}
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
            <ol className={classes.list} data-old={list.isPlaceholderData || undefined}>
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
    </>
  );
}

function RefusedLine({ event: e }: { event: Refused }) {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const [open, setOpen] = useState(false);
  return (
    <li className={classes.event}>
      <button type="button" className={`${classes.line} ${classes.judged}`} aria-expanded={open} onClick={() => setOpen(!open)}>
        <time dateTime={e.at}>{f.instant(e.at)}</time>
        <VerdictMark verdict={e.outcome || 'refused'} />
        <span className={classes.name}>
          <bdi>{e.name || t('refused.nameless')}</bdi>
        </span>
        <span className={`cut ${classes.words}`}>
          <bdi lang="en">{e.reason}</bdi>
        </span>
        <IconChevronDown size={16} aria-hidden />
      </button>
      {open &&
        (e.event_id ? (
          <TraceView id={e.event_id} refusedId={e.id} />
        ) : (
          <div className={classes.details}>
            <p lang="en" dir="ltr">
              {e.reason} <code className="dim">{e.code}</code>
            </p>
            <pre className={classes.raw} dir="ltr">
              {e.body}
            </pre>
          </div>
        ))}
    </li>
  );
}
