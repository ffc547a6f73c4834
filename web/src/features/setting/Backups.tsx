import { Anchor, Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Status } from '@/shared/ui/Status.tsx';
import { Empty, Loaded } from '@/shared/ui/states.tsx';
import { complain } from '@/shared/ui/undo.tsx';
import { backupFile, useBackups, useTakeBackup } from './queries.ts';
import classes from './Setting.module.css';

/** The backups that the server keeps. They hold everything, so only owners see them. */
export function Backups() {
  if (!useMay()('backup.run')) return null;
  return <List />;
}

function List() {
  const { t } = useTranslation('setting');
  const f = useFormat();
  const list = useBackups();
  const text = useProblemText();
  const take = useTakeBackup((error) => complain(text(error)));
  const running = list.data?.running || take.isPending;
  return (
    <Card
      title={t('backup.title')}
      flush
      actions={
        <Button size="xs" variant="default" loading={running} onClick={() => take.mutate()}>
          {t('backup.now')}
        </Button>
      }
    >
      <Loaded query={list} slim>
        {(b) => (
          <ul className={classes.list}>
            <li>
              <span>{b.schedule === 'off' ? t('backup.off') : t('backup.on', { schedule: b.schedule, keep: f.number(b.keep) })}</span>
              {b.failed && (
                <Status tone="bad">
                  {t('backup.failed')} <bdi dir="ltr">{b.failed}</bdi>
                </Status>
              )}
            </li>
            {b.items.map((k) => (
              <li key={k.name}>
                <Anchor href={backupFile(k.name)} download={k.name} className={classes.strong}>
                  <time dateTime={k.at}>{f.instant(k.at)}</time>
                </Anchor>
                <span className="small dim">{f.bytes(k.bytes)}</span>
              </li>
            ))}
            {b.items.length === 0 && (
              <li>
                <Empty title={t('backup.none')} slim />
              </li>
            )}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}
