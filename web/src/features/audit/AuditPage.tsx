import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Column, DataList } from '@/shared/list/DataList.tsx';
import { useMay } from '@/shared/me/queries.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Empty, NoPermission } from '@/shared/ui/states.tsx';
import classes from './Audit.module.css';
import { type Entry, useAudit } from './queries.ts';

/** Every change and every export of personal data, with who and when. */
export function AuditPage() {
  const { t } = useTranslation('audit');
  const may = useMay();
  if (may('audit.read')) return <Log />;
  return (
    <Page title={t('title')}>
      <NoPermission />
    </Page>
  );
}

function Log() {
  const { t } = useTranslation('audit');
  const f = useFormat();
  const list = useAudit();
  const what = useWords();
  const columns: Column<Entry>[] = useMemo(
    () => [
      { key: 'at', label: t('column.at'), width: '172px', cell: (e) => <time dateTime={e.at}>{f.instant(e.at)}</time> },
      { key: 'who', label: t('column.who'), width: 'minmax(110px, 1fr)', cell: (e) => <Who entry={e} /> },
      { key: 'what', label: t('column.what'), width: 'minmax(160px, 2fr)', cell: (e) => what(e) },
      {
        key: 'detail',
        label: t('column.detail'),
        width: 'minmax(120px, 2fr)',
        cell: (e) => (
          <span className="foreign cut dim" dir="ltr" title={details(e)}>
            {details(e)}
          </span>
        ),
      },
      { key: 'ip', label: t('column.ip'), width: '116px', end: true, cell: (e) => <bdi>{e.ip}</bdi> },
    ],
    [t, f, what],
  );
  return (
    <Page title={t('title')} note={t('note')}>
      <DataList
        label={t('title')}
        list={list}
        columns={columns}
        rowKey={(e) => e.id}
        small={(e) => <Small entry={e} what={what(e)} format={f} />}
        empty={<Empty title={t('empty')} />}
      />
    </Page>
  );
}

function Who({ entry: e }: { entry: Entry }) {
  const { t } = useTranslation('audit');
  if (e.actor_name && e.actor_kind !== 'system') return <bdi>{e.actor_name}</bdi>;
  return <span className="dim">{t(`actor.${e.actor_kind as 'system'}`)}</span>;
}

function Small({ entry: e, what, format: f }: { entry: Entry; what: string; format: Format }) {
  return (
    <div className={classes.small}>
      <span className="cut">{what}</span>
      <span className="number small dim">{f.instant(e.at)}</span>
      <span className="cut small dim">
        <Who entry={e} />
      </span>
    </div>
  );
}

/** The words for an action; one we have none for is shown by its own name. */
function useWords(): (e: Entry) => string {
  const { t, i18n } = useTranslation('audit');
  return useMemo(
    () => (e: Entry) => {
      const key = e.action.replaceAll('.', '_');
      return i18n.exists(`action.${key}`, { ns: 'audit' }) ? t(`action.${key as 'user_created'}`) : e.action;
    },
    [t, i18n],
  );
}

function details(e: Entry): string {
  const d = e.detail;
  if (typeof d !== 'object' || d === null) return '';
  return Object.entries(d as Record<string, unknown>)
    .map(([k, v]) => `${k}: ${typeof v === 'object' ? JSON.stringify(v) : String(v)}`)
    .join(', ');
}
