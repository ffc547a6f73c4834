import { Button } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Column, DataList } from '@/shared/list/DataList.tsx';
import { FilterChip, SearchField, Toolbar } from '@/shared/list/Toolbar.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { SignalDrawing } from '@/shared/ui/drawings.tsx';
import { IconPlus } from '@/shared/ui/icons.ts';
import { Empty } from '@/shared/ui/states.tsx';
import { DayBars } from './DayBars.tsx';
import classes from './Dictionary.module.css';
import { EntryMarks } from './EntryMarks.tsx';
import { PlanModal } from './PlanModal.tsx';
import { type Entry, type NameQuery, useNames } from './queries.ts';
import type { EventSearch } from './search.ts';

const shows = ['new', 'alike', 'ruled', 'unexpected', 'silent'] as const;

/** Which events come, and what is to become of them. */
export function Dictionary() {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const search = useSearch({ from: '/inside/events' });
  const navigate = useNavigate({ from: '/events' });
  const may = useMay();
  const [planning, setPlanning] = useState(false);
  const query: NameQuery = {
    ...(search.search ? { search: search.search } : {}),
    ...(search.show ? { show: search.show } : {}),
    ...(search.sort ? { sort: search.sort } : {}),
  };
  const list = useNames(query);
  const set = useCallback(
    (change: Partial<EventSearch>) =>
      void navigate({
        search: (old: EventSearch) => ({ ...old, ...change, tab: 'dictionary' as const }),
        replace: true,
        resetScroll: false,
      }),
    [navigate],
  );
  const onSearch = useCallback((v: string) => set({ search: v.trim() || undefined }), [set]);
  const open = (e: Entry) => void navigate({ search: { tab: 'dictionary', entry: e.id } });
  const columns: Column<Entry>[] = [
    {
      key: 'name',
      label: t('names.name'),
      width: 'minmax(240px, 4fr)',
      sort: 'name',
      cell: (e) => (
        <span className={classes.oneLine}>
          <EntryLink entry={e} />
          <EntryMarks entry={e} />
        </span>
      ),
    },
    { key: 'days', label: t('names.days'), width: '110px', cell: (e) => <DayBars days={e.days ?? []} small label={t('names.days')} /> },
    { key: 'events', label: t('names.events'), width: '90px', end: true, sort: 'events', cell: (e) => f.number(e.events) },
    {
      key: 'last',
      label: t('names.last'),
      width: '150px',
      sort: 'last_seen',
      cell: (e) => (e.last_seen_at ? f.instant(e.last_seen_at) : t('names.never')),
    },
    {
      key: 'first',
      label: t('names.first'),
      width: '110px',
      sort: 'first_seen',
      cell: (e) => (e.first_seen_at ? f.day(e.first_seen_at) : ''),
    },
    { key: 'owner', label: t('names.owner'), width: 'minmax(70px, 1fr)', cell: (e) => <bdi>{e.owner}</bdi> },
  ];
  return (
    <>
      <Toolbar>
        <SearchField label={t('names.search')} value={search.search ?? ''} onChange={onSearch} />
        {shows.map((s) => (
          <FilterChip key={s} on={search.show === s} onChange={(on) => set({ show: on ? s : undefined })}>
            {t(`names.show.${s}`)}
          </FilterChip>
        ))}
        {may('activity.write') && (
          <Button variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setPlanning(true)}>
            {t('names.plan')}
          </Button>
        )}
      </Toolbar>
      <DataList
        label={t('tab.dictionary')}
        list={list}
        columns={columns}
        rowKey={(e) => e.id}
        open={open}
        muted={(e) => e.events === 0 || e.rule?.action === 'block'}
        sorting={{ by: search.sort ?? 'name', down: search.sort !== undefined && search.sort !== 'name' }}
        onSort={(s) => set({ sort: s.by as EventSearch['sort'] })}
        small={(e) => (
          <span className={classes.small}>
            <span className={classes.title}>
              <EntryLink entry={e} />
              <EntryMarks entry={e} />
            </span>
            <span className="small dim">
              {t('names.count', { count: e.events })}
              {e.last_seen_at && ` · ${f.instant(e.last_seen_at)}`}
            </span>
          </span>
        )}
        empty={
          <Empty title={t(search.search || search.show ? 'names.noneSuch' : 'names.none')} drawing={<SignalDrawing />}>
            {t(search.search || search.show ? 'names.noneSuchHelp' : 'names.noneHelp')}
          </Empty>
        }
      />
      {planning && <PlanModal onClose={() => setPlanning(false)} />}
    </>
  );
}

function EntryLink({ entry: e }: { entry: Entry }) {
  const name = useEntryName()(e);
  return (
    <Link to="/events" search={{ tab: 'dictionary', entry: e.id }} className={classes.link}>
      <bdi>{name}</bdi>
    </Link>
  );
}

/** The name of an entry; those that stand for a whole kind are named by us. */
export function useEntryName(): (e: { kind: string; name: string }) => string {
  const { t } = useTranslation('activity');
  return (e) => (e.kind === 'track' ? e.name : t(`names.kind.${e.kind as 'page'}`));
}
