import { Button, Progress } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { IconDownload } from '@/shared/ui/icons.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Status, type Tone } from '@/shared/ui/Status.tsx';
import { pace } from './columns.ts';
import classes from './Import.module.css';
import { errorFileUrl, type Import, moves, useImport, useImportAct } from './queries.ts';

const tones: Record<string, Tone> = {
  draft: 'plain',
  waiting: 'plain',
  running: 'busy',
  done: 'good',
  failed: 'bad',
  cancelled: 'warn',
  undoing: 'busy',
  undone: 'plain',
};

/** One import: how far it is, how fast, when it ends, what came of it, and the way back. */
export function ImportCard({ start }: { start: Import }) {
  const { t, i18n } = useTranslation('import');
  const f = useFormat();
  const live = useImport(start.id, start);
  const i: Import = live.data ?? start;
  const status = i18n.exists(`status.${i.status}`, { ns: 'import' }) ? t(`status.${i.status as 'done'}`) : i.status;
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
      <Course i={i} />
      {i.message && (
        <p className={`small ${classes.message}`} lang="en" dir="auto">
          {i.message}
        </p>
      )}
      <Acts i={i} />
    </article>
  );
}

function Course({ i }: { i: Import }) {
  const { t } = useTranslation('import');
  const f = useFormat();
  if (i.status === 'draft') return <p className="small dim">{t('draftNote')}</p>;
  const { share, secondsLeft } = pace(i);
  const skipped = Object.values(i.skipped).reduce((a, b) => a + b, 0);
  if (i.status === 'waiting' && i.rows_read === 0) return <p className="small dim">{t('queued')}</p>;
  if (i.status === 'running' || i.status === 'waiting') {
    return (
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
    );
  }
  return (
    <>
      <p className="small">
        {[
          t('rows', { count: i.rows_read }),
          t('count.created', { count: i.created }),
          t('count.updated', { count: i.updated }),
          t('count.unchanged', { count: i.unchanged }),
          skipped > 0 ? t('count.skipped', { count: skipped }) : '',
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      <Skipped skipped={i.skipped} />
      {i.undo && <Undone undo={i.undo} />}
    </>
  );
}

/** What was left out on purpose, and why. */
export function Skipped({ skipped }: { skipped: Record<string, number> }) {
  const { t, i18n } = useTranslation('import');
  const f = useFormat();
  const reasons = Object.entries(skipped).sort((a, b) => b[1] - a[1]);
  if (reasons.length === 0) return null;
  return (
    <p className="small dim">
      {t('leftOut')}{' '}
      {reasons
        .map(([r, n]) => `${i18n.exists(`skipped.${r}`, { ns: 'import' }) ? t(`skipped.${r as 'bots'}`) : r} ${f.number(n)}`)
        .join(' · ')}
    </p>
  );
}

function Undone({ undo }: { undo: NonNullable<Import['undo']> }) {
  const { t, i18n } = useTranslation('import');
  const f = useFormat();
  const reasons = Object.entries(undo.reasons ?? {});
  return (
    <div className={classes.message}>
      <p className="small">
        {[
          t('undo.removed', { count: undo.removed }),
          t('undo.restored', { count: undo.restored }),
          undo.kept > 0 ? t('undo.kept', { count: undo.kept }) : '',
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {reasons.length > 0 && (
        <ul className="small dim">
          {reasons.map(([r, n]) => (
            <li key={r}>
              {i18n.exists(`undo.reason.${r}`, { ns: 'import' }) ? t(`undo.reason.${r as 'changed'}`) : r} {f.number(n)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Acts({ i }: { i: Import }) {
  const { t } = useTranslation('import');
  const { t: shared } = useTranslation('shared');
  const text = useProblemText();
  const cancel = useImportAct('cancel');
  const resume = useImportAct('resume');
  const discard = useImportAct('discard');
  const undo = useImportAct('undo');
  const [asking, setAsking] = useState(false);
  const error = cancel.error ?? resume.error ?? discard.error ?? undo.error;
  return (
    <footer className={classes.foot}>
      {i.status === 'draft' && (
        <>
          <Button component={Link} to={`/imports/${i.id}`} size="compact-sm">
            {t('resume')}
          </Button>
          <Button variant="default" size="compact-sm" loading={discard.isPending} onClick={() => discard.mutate(i.id)}>
            {t('discard')}
          </Button>
        </>
      )}
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
      {(i.status === 'running' || i.status === 'waiting') && (
        <Button variant="default" size="compact-sm" loading={cancel.isPending} onClick={() => cancel.mutate(i.id)}>
          {shared('action.cancel')}
        </Button>
      )}
      {(i.status === 'failed' || i.status === 'cancelled') && (
        <Button variant="default" size="compact-sm" loading={resume.isPending} onClick={() => resume.mutate(i.id)}>
          {t('resume')}
        </Button>
      )}
      {i.undoable && !moves(i.status) && !asking && (
        <Button variant="default" size="compact-sm" onClick={() => setAsking(true)}>
          {t('undo.act')}
        </Button>
      )}
      {asking && i.undoable && (
        <div className={classes.ask} role="group" aria-label={t('undo.act')}>
          <p className="small">{t('undo.ask')}</p>
          <Button
            color="var(--bad)"
            c="var(--surface)"
            size="compact-sm"
            loading={undo.isPending}
            onClick={() => undo.mutate(i.id, { onSettled: () => setAsking(false) })}
          >
            {t('undo.act')}
          </Button>
          <Button variant="default" size="compact-sm" onClick={() => setAsking(false)}>
            {shared('action.cancel')}
          </Button>
        </div>
      )}
      {error && (
        <span className={classes.trouble} role="alert">
          {text(error)}
        </span>
      )}
    </footer>
  );
}
