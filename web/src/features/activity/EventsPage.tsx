import { SegmentedControl } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Page } from '@/shared/ui/Page.tsx';
import classes from './Events.module.css';
import { FindEvents } from './FindEvents.tsx';
import { LiveEvents } from './LiveEvents.tsx';
import { useIngest } from './queries.ts';
import { RefusedEvents } from './RefusedEvents.tsx';
import type { EventSearch } from './search.ts';

/** What comes in: as it happens, searched, and what was refused and why. */
export function EventsPage() {
  const { t } = useTranslation('activity');
  const { tab = 'live' } = useSearch({ from: '/inside/events' });
  const navigate = useNavigate({ from: '/events' });
  const may = useMay();
  return (
    <Page
      title={t('title')}
      actions={
        <SegmentedControl
          aria-label={t('title')}
          value={tab}
          onChange={(v) => navigate({ search: v === 'live' ? {} : { tab: v as EventSearch['tab'] } })}
          data={[
            { value: 'live', label: t('tab.live') },
            { value: 'find', label: t('tab.find') },
            { value: 'refused', label: t('tab.refused') },
          ]}
        />
      }
    >
      {may('status.read') && <Counters />}
      {tab === 'live' && <LiveEvents />}
      {tab === 'find' && <FindEvents />}
      {tab === 'refused' && <RefusedEvents />}
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
