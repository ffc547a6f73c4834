import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { FileDrawing } from '@/shared/ui/drawings.tsx';
import { IconUpload } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Bones, Empty, NoPermission, Problem, Waiting } from '@/shared/ui/states.tsx';
import classes from './Import.module.css';
import { ImportCard } from './ImportCard.tsx';
import { NewImportDrawer } from './NewImportDrawer.tsx';
import { useImports } from './queries.ts';

/** What the merchant already has, brought in from files. */
export function ImportsPage() {
  const { t } = useTranslation('import');
  const { t: shared } = useTranslation('shared');
  const may = useMay();
  const [open, setOpen] = useState(false);
  const list = useImports();
  const begin = (
    <Button leftSection={<IconUpload size={16} />} onClick={() => setOpen(true)}>
      {t('new')}
    </Button>
  );
  if (!may('import.run')) {
    return (
      <Page title={t('title')}>
        <NoPermission />
      </Page>
    );
  }
  return (
    <Page title={t('title')} narrow note={t('note')} actions={(list.rows?.length ?? 0) > 0 && begin}>
      {list.rows === undefined ? (
        list.error ? (
          <Problem error={list.error} retry={() => list.refetch()} />
        ) : (
          <Waiting>
            <Bones rows={6} />
          </Waiting>
        )
      ) : list.rows.length === 0 ? (
        <div className="card">
          <Empty title={t('empty')} drawing={<FileDrawing />} action={begin}>
            {t('emptyHelp')}
          </Empty>
        </div>
      ) : (
        <ol className={classes.list}>
          {list.rows.map((i) => (
            <li key={i.id}>
              <ImportCard start={i} />
            </li>
          ))}
        </ol>
      )}
      {list.hasNextPage && (
        <Button variant="default" loading={list.isFetchingNextPage} onClick={() => list.fetchNextPage()}>
          {shared('action.more')}
        </Button>
      )}
      <NewImportDrawer opened={open} onClose={() => setOpen(false)} />
    </Page>
  );
}
