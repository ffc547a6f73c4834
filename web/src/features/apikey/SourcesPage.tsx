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
import { type Key, useKeys, useRevoke, useShopNames, useSourceDays, useSources } from './queries.ts';

/** The doors through which data comes in, and the keys that open them. */
export function SourcesPage() {
  const { t } = useTranslation('apikey');
  const may = useMay();
  if (may('apikey.read')) return <Sources />;
  return (
    <Page title={t('title')}>
      <NoPermission />
    </Page>
  );
}

function Sources() {
  const { t } = useTranslation('apikey');
  const text = useProblemText();
  const may = useMay();
  const keys = useKeys();
  const sources = useSources();
  const days = useSourceDays(may('activity.read'));
  const shops = useShopNames();
  const revoke = useRevoke();
  const [open, setOpen] = useState(false);
  const [going, setGoing] = useState<string[]>([]);

  const eventsOf = (k: Key) => days.data && (days.data.items?.find((d) => d.source_id === k.source_id)?.events ?? 0);
  // The name of the shop matters where there are several.
  const shopOf = (k: Key) => ((shops.data?.items?.length ?? 0) > 1 ? shops.data?.items?.find((s) => s.id === k.shop_id)?.name : undefined);

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
                    shop={shopOf(k)}
                    day={k.source_id === '0' ? undefined : eventsOf(k)}
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
