import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card, Facts } from '@/shared/ui/Card.tsx';
import { IconUpload } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { Backups } from './Backups.tsx';
import { useStatus } from './queries.ts';
import classes from './Setting.module.css';

const kept = ['events', 'facts', 'files', 'audit', 'sessions', 'links'] as const;

/** What Rapport holds, where and for how long. */
export function DataPage() {
  const { t } = useTranslation('setting');
  const may = useMay();
  if (!may('status.read')) {
    return (
      <Page title={t('data.title')}>
        <NoPermission />
      </Page>
    );
  }
  return (
    <Page
      title={t('data.title')}
      actions={
        may('import.run') && (
          <Button component={Link} to="/imports" leftSection={<IconUpload size={16} />}>
            {t('data.import')}
          </Button>
        )
      }
    >
      <Counters />
      <Backups />
      <Card title={t('data.kept')} flush>
        <ul className={classes.list}>
          {kept.map((k) => (
            <li key={k}>
              <span className={classes.strong}>{t(`data.what.${k}`)}</span>
              <span className="small dim">{t(`data.long.${k}`)}</span>
            </li>
          ))}
        </ul>
      </Card>
    </Page>
  );
}

const stores: Record<string, string> = { sqlite: 'SQLite', postgres: 'PostgreSQL', duckdb: 'DuckDB' };

function Counters() {
  const { t } = useTranslation('setting');
  const f = useFormat();
  const status = useStatus();
  return (
    <Card title={t('data.now')}>
      <Loaded query={status} slim>
        {(s) => (
          <Facts
            rows={[
              [t('data.accepted'), f.number(s.ingest.accepted)],
              [t('data.duplicates'), f.number(s.ingest.duplicates)],
              [t('data.refused'), f.number(s.ingest.refused)],
              [t('data.store'), stores[s.engine.store] ?? s.engine.store],
              [t('data.warehouse'), stores[s.engine.warehouse] ?? s.engine.warehouse],
              [t('data.disk'), <Free key="disk" free={f.bytes(s.disk.free_bytes)} all={f.bytes(s.disk.total_bytes)} />],
              [t('data.version'), s.version],
            ]}
          />
        )}
      </Loaded>
    </Card>
  );
}

/** A sentence that begins with a Latin unit, and so would be taken for a Latin one. */
function Free({ free, all }: { free: string; all: string }) {
  const { t, i18n } = useTranslation('setting');
  return <span dir={i18n.dir()}>{t('data.free', { free, all })}</span>;
}
