import { SegmentedControl } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Debugger } from './Debugger.tsx';
import { Dictionary } from './Dictionary.tsx';
import { DictionaryEntry } from './DictionaryEntry.tsx';
import classes from './Events.module.css';
import { FindEvents } from './FindEvents.tsx';
import { LiveEvents } from './LiveEvents.tsx';
import { useIngest } from './queries.ts';
import { RefusedEvents } from './RefusedEvents.tsx';
import type { EventSearch } from './search.ts';

/** What comes in: as it happens, searched, and what was refused and why. */
export function EventsPage() {
  const { t } = useTranslation('activity');
  const { tab = 'live', entry } = useSearch({ from: '/inside/events' });
  const navigate = useNavigate({ from: '/events' });
  const may = useMay();
  return (
    <Page
      title={t('title')}
      actions={
        <SegmentedControl
          aria-label={t('title')}
          className={classes.tabs}
          value={tab}
          onChange={(v) => navigate({ search: v === 'live' ? {} : { tab: v as EventSearch['tab'] } })}
          data={[
            { value: 'live', label: t('tab.live') },
            { value: 'debug', label: t('tab.debug') },
            { value: 'refused', label: t('tab.refused') },
            { value: 'find', label: t('tab.find') },
            { value: 'dictionary', label: t('tab.dictionary') },
          ]}
        />
      }
    >
      {may('status.read') && tab !== 'dictionary' && <Counters />}
      {tab === 'live' && <LiveEvents />}
      {tab === 'find' && <FindEvents />}
      {tab === 'debug' && <Debugger />}
      {tab === 'refused' && <RefusedEvents />}
      {tab === 'dictionary' && (entry ? <DictionaryEntry id={entry} /> : <Dictionary />)}
    </Page>
  );
}

function Counters() {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const { data } = useIngest();
  const i = data?.ingest;
  const rows: [string, string][] = [
    [t('counter.accepted'), i ? f.number(i.accepted) : '–'],
    [t('counter.applied'), i ? f.number(i.applied) : '–'],
    [t('counter.duplicates'), i ? f.number(i.duplicates) : '–'],
    [t('counter.refused'), i ? f.number(i.refused) : '–'],
    [t('counter.lag'), i ? f.duration(i.lag_seconds) : '–'],
  ];
  return (
    <dl className={classes.counters}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
