import { ActionIcon, Button, Select, Tooltip } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { SearchField, Toolbar } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { SignalDrawing } from '@/shared/ui/drawings.tsx';
import { IconChevronDown, IconPlayerPause, IconPlayerPlay } from '@/shared/ui/icons.ts';
import { Status } from '@/shared/ui/Status.tsx';
import { Bones, Empty, Problem, Waiting } from '@/shared/ui/states.tsx';
import classes from './Events.module.css';
import { type StreamFilter, useSourceNames } from './queries.ts';
import type { EventSearch } from './search.ts';
import { TraceView } from './TraceView.tsx';
import { type Seen, useStream } from './useStream.ts';
import { VerdictMark } from './VerdictMark.tsx';

/** Everything that comes in, as it comes, with the verdict on each event. */
export function Debugger() {
  const { t } = useTranslation('activity');
  const search = useSearch({ from: '/inside/events' });
  const navigate = useNavigate({ from: '/events' });
  const may = useMay();
  const sources = useSourceNames(may('apikey.read')).data?.items ?? [];
  const [running, setRunning] = useState(true);
  const [open, setOpen] = useState<number>();
  const { name, person, source, verdict } = search;
  const filter = useMemo<StreamFilter>(
    () => ({
      ...(name ? { name } : {}),
      ...(person ? { person } : {}),
      ...(source ? { source_id: source } : {}),
      ...(verdict ? { verdict } : {}),
    }),
    [name, person, source, verdict],
  );
  const stream = useStream(filter, running, open !== undefined);
  const set = useCallback(
    (change: Partial<EventSearch>) => {
      setOpen(undefined);
      void navigate({ search: (old: EventSearch) => ({ ...old, ...change, tab: 'debug' as const }), replace: true, resetScroll: false });
    },
    [navigate],
  );
  const byName = useCallback((v: string) => set({ name: v.trim() || undefined }), [set]);
  const byPerson = useCallback((v: string) => set({ person: v.trim() || undefined }), [set]);
  const label = running ? t('live.pause') : t('live.go');
  return (
    <>
      <Toolbar>
        <SearchField label={t('debug.name')} value={name ?? ''} onChange={byName} />
        <SearchField label={t('debug.person')} value={person ?? ''} onChange={byPerson} />
        <Select
          className={classes.by}
          aria-label={t('debug.verdict')}
          placeholder={t('debug.anyVerdict')}
          clearable
          value={verdict ?? null}
          onChange={(v) => set({ verdict: (v ?? undefined) as EventSearch['verdict'] })}
          data={(['accepted', 'duplicate', 'refused'] as const).map((v) => ({ value: v, label: t(`verdict.${v}`) }))}
        />
        {sources.length > 1 && (
          <Select
            className={classes.by}
            aria-label={t('debug.source')}
            placeholder={t('debug.anySource')}
            clearable
            value={source ?? null}
            onChange={(v) => set({ source: v ?? undefined })}
            data={sources.map((s) => ({ value: s.id, label: s.name }))}
          />
        )}
      </Toolbar>
      <Card
        flush
        title={running ? t('debug.running') : t('debug.paused')}
        actions={
          <>
            {stream.missed > 0 && <Status tone="warn">{t('debug.missed', { count: stream.missed })}</Status>}
            {stream.waiting > 0 && (
              <Button size="compact-sm" variant="default" onClick={stream.show}>
                {t('debug.waiting', { count: stream.waiting })}
              </Button>
            )}
            <Tooltip label={label}>
              <ActionIcon aria-label={label} onClick={() => setRunning(!running)}>
                {running ? <IconPlayerPause size={16} /> : <IconPlayerPlay size={16} />}
              </ActionIcon>
            </Tooltip>
          </>
        }
      >
        {stream.error !== undefined && <Problem error={stream.error} slim />}
        {stream.rows === undefined ? (
          stream.error === undefined && (
            <Waiting>
              <Bones rows={8} />
            </Waiting>
          )
        ) : stream.rows.length === 0 ? (
          <Empty title={t('debug.none')} drawing={<SignalDrawing />}>
            {t('debug.noneHelp')}
          </Empty>
        ) : (
          <ol className={classes.list}>
            {stream.rows.map((e) => (
              <StreamLine key={e.key} event={e} open={open === e.key} onOpen={() => setOpen(open === e.key ? undefined : e.key)} />
            ))}
          </ol>
        )}
      </Card>
      <p className="small dim">{t('debug.note')}</p>
      {may('apikey.read') && (
        <Link className="small" to="/settings/sources">
          {t('debug.sources')}
        </Link>
      )}
    </>
  );
}

function StreamLine({ event: e, open, onOpen }: { event: Seen; open: boolean; onOpen: () => void }) {
  const { t, i18n } = useTranslation('activity');
  const f = useFormat();
  const kind = e.kind && i18n.exists(`kind.${e.kind}`, { ns: 'activity' }) ? t(`kind.${e.kind as 'track'}`) : '';
  return (
    <li className={classes.event}>
      <button type="button" className={`${classes.line} ${classes.judged}`} aria-expanded={open} onClick={onOpen}>
        <time dateTime={e.received_at}>{f.seconds(e.received_at)}</time>
        <VerdictMark verdict={e.verdict} />
        <span className={classes.name}>
          <bdi>{e.name || kind || t('refused.nameless')}</bdi>
        </span>
        <span className={`cut ${classes.words}`}>
          {e.reason ? <bdi lang="en">{e.reason}</bdi> : <bdi>{e.user_id || e.anonymous_id}</bdi>}
        </span>
        <IconChevronDown size={16} aria-hidden />
      </button>
      {open && <TraceView id={e.event_id} />}
    </li>
  );
}
