import { Button, Select } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useCallback, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { SearchField, Toolbar } from '@/shared/list/Toolbar.tsx';
import { Card } from '@/shared/ui/Card.tsx';
import { SignalDrawing } from '@/shared/ui/drawings.tsx';
import { Bones, Empty, Problem, Waiting } from '@/shared/ui/states.tsx';
import { EventLine } from './EventLine.tsx';
import classes from './Events.module.css';
import { useEvents } from './queries.ts';

export function FindEvents() {
  const { t } = useTranslation('activity');
  const { t: shared } = useTranslation('shared');
  const search = useSearch({ from: '/inside/events' });
  const navigate = useNavigate({ from: '/events' });
  const [by, setBy] = useState<'name' | 'message'>(search.message ? 'message' : 'name');
  const list = useEvents(search);
  const onSearch = useCallback(
    (text: string) =>
      navigate({ search: { tab: 'find', ...(text.trim() ? { [by]: text.trim() } : {}) }, replace: true, resetScroll: false }),
    [navigate, by],
  );
  const rows = list.rows;
  return (
    <>
      <Toolbar>
        <Select
          className={classes.by}
          aria-label={t('find.by')}
          value={by}
          onChange={(v) => {
            setBy(v === 'message' ? 'message' : 'name');
            navigate({ search: { tab: 'find' }, replace: true });
          }}
          data={[
            { value: 'name', label: t('find.name') },
            { value: 'message', label: t('find.message') },
          ]}
        />
        <SearchField label={by === 'name' ? t('find.nameHint') : t('find.messageHint')} value={search[by] ?? ''} onChange={onSearch} />
      </Toolbar>
      <Card flush label={t('tab.find')}>
        {rows === undefined ? (
          list.error ? (
            <Problem error={list.error} retry={() => list.refetch()} />
          ) : (
            <Waiting>
              <Bones rows={8} />
            </Waiting>
          )
        ) : rows.length === 0 ? (
          <Empty title={t('find.none')} drawing={<SignalDrawing />}>
            {t('find.noneHelp')}
          </Empty>
        ) : (
          <>
            <ol className={classes.list} data-old={list.isPlaceholderData || undefined}>
              {rows.map((e) => (
                <EventLine key={`${e.message_id}${e.at}`} event={e} />
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
