import { Button, Progress } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { IconDownload } from '@/shared/ui/icons.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Status, type Tone } from '@/shared/ui/Status.tsx';
import { pace } from './columns.ts';
import classes from './Import.module.css';
import { errorFileUrl, type Import, useImport, useImportAct } from './queries.ts';

const tones: Record<string, Tone> = { waiting: 'plain', running: 'busy', done: 'good', failed: 'bad', cancelled: 'warn' };

/** One import: how far it is, how fast, when it ends, and what came of it. */
export function ImportCard({ start }: { start: Import }) {
  const { t, i18n } = useTranslation('import');
  const { t: shared } = useTranslation('shared');
  const f = useFormat();
  const text = useProblemText();
  const live = useImport(start);
  const i: Import = live.data ?? start;
  const cancel = useImportAct('cancel');
  const resume = useImportAct('resume');
  const running = i.status === 'running' || i.status === 'waiting';
  const { share, secondsLeft } = pace(i);
  const status = i18n.exists(`status.${i.status}`, { ns: 'import' }) ? t(`status.${i.status as 'done'}`) : i.status;
  const counts = [
    t('count.created', { count: i.created }),
    t('count.updated', { count: i.updated }),
    t('count.unchanged', { count: i.unchanged }),
  ];
  return (
    <article className={`card ${classes.import}`}>
      <header className={classes.head}>
        <div className={classes.name}>
          <h2 className="cut">
            <bdi>{i.name}</bdi>
          </h2>
          <p className="small dim">
            {[t(`kind.${i.kind as 'orders'}`), f.ago(i.created_at), i.dry_run ? t('dryRun') : ''].filter(Boolean).join(' · ')}
          </p>
        </div>
        <Status tone={tones[i.status] ?? 'plain'}>{status}</Status>
      </header>
      {running && (
        <div className={classes.progress}>
          <Progress value={share * 100} aria-label={t('progress', { name: i.name })} size="sm" />
          <p className="small dim" aria-live="off">
            {[
              f.percent(share),
              t('rows', { count: i.rows_read }),
              t('rate', { rate: f.number(Math.round(i.rows_per_second)) }),
              secondsLeft === undefined ? '' : t('left', { time: f.duration(secondsLeft) }),
            ]
              .filter(Boolean)
              .join(' · ')}
          </p>
        </div>
      )}
      {!running && (
        <p className="small">
          {t('rows', { count: i.rows_read })}
          {' · '}
          {counts.join(' · ')}
        </p>
      )}
      {i.message && (
        <p className={`small ${classes.message}`} lang="en" dir="auto">
          {i.message}
        </p>
      )}
      <footer className={classes.foot}>
        {i.refused > 0 && (
          <Button
            component="a"
            href={errorFileUrl(i.id)}
            download
            variant="default"
            size="compact-sm"
            leftSection={<IconDownload size={14} />}
          >
            {t('refused', { count: i.refused })}
          </Button>
        )}
        {running && (
          <Button variant="default" size="compact-sm" loading={cancel.isPending} onClick={() => cancel.mutate(i.id)}>
            {shared('action.cancel')}
          </Button>
        )}
        {(i.status === 'failed' || i.status === 'cancelled') && (
          <Button variant="default" size="compact-sm" loading={resume.isPending} onClick={() => resume.mutate(i.id)}>
            {t('resume')}
          </Button>
        )}
        {(cancel.error || resume.error) && (
          <span className={classes.trouble} role="alert">
            {text(cancel.error ?? resume.error)}
          </span>
        )}
      </footer>
    </article>
  );
}
