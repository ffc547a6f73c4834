import { Button } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { KeyDrawing } from '@/shared/ui/drawings.tsx';
import { IconPlus } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Empty, Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { complain, doWithUndo } from '@/shared/ui/undo.tsx';
import { KeyCard } from './KeyCard.tsx';
import classes from './Keys.module.css';
import { NewKeyModal } from './NewKeyModal.tsx';
import { type Key, useKeys, useRevoke, useSources } from './queries.ts';

/** The doors through which data comes in, and the keys that open them. */
export function SourcesPage() {
  const { t } = useTranslation('apikey');
  const text = useProblemText();
  const may = useMay();
  const keys = useKeys();
  const sources = useSources();
  const revoke = useRevoke();
  const [open, setOpen] = useState(false);
  const [going, setGoing] = useState<string[]>([]);

  if (!may('apikey.read')) {
    return (
      <Page title={t('title')}>
        <NoPermission />
      </Page>
    );
  }

  const take = (k: Key) => {
    setGoing((g) => [...g, k.id]);
    doWithUndo({
      message: t('revoked', { name: k.name }),
      commit: () => revoke(k.id),
      revert: () => setGoing((g) => g.filter((id) => id !== k.id)),
      failed: (error) => complain(text(error)),
    });
  };

  const begin = may('apikey.write') && (
    <Button leftSection={<IconPlus size={16} />} onClick={() => setOpen(true)}>
      {t('new')}
    </Button>
  );
  return (
    <Page title={t('title')} note={t('note')} actions={(keys.data?.items?.length ?? 0) > 0 && begin}>
      <Loaded query={keys}>
        {({ items }) => {
          const shown = (items ?? []).filter((k) => !k.revoked_at && !going.includes(k.id));
          return shown.length === 0 ? (
            <div className="card">
              <Empty title={t('empty')} drawing={<KeyDrawing />} action={begin}>
                {t('emptyHelp')}
              </Empty>
            </div>
          ) : (
            <ol className={classes.list}>
              {shown.map((k) => (
                <li key={k.id}>
                  <KeyCard
                    of={k}
                    source={sources.data?.items?.find((s) => s.id === k.source_id)}
                    onRevoke={may('apikey.write') ? () => take(k) : undefined}
                  />
                </li>
              ))}
            </ol>
          );
        }}
      </Loaded>
      <NewKeyModal opened={open} onClose={() => setOpen(false)} />
    </Page>
  );
}
