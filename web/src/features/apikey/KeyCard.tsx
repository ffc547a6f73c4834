import { ActionIcon, Button, Switch, Tooltip } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { CopyField } from '@/shared/ui/CopyField.tsx';
import { IconTrash } from '@/shared/ui/icons.ts';
import { Status } from '@/shared/ui/Status.tsx';
import classes from './Keys.module.css';
import { type Key, type Source, useTrust } from './queries.ts';
import { Snippets } from './Snippets.tsx';

interface Props {
  of: Key;
  source: Source | undefined;
  /** Named where there are several. */
  shop?: string;
  /** Events of the last 24 hours. */
  day?: number;
  onRevoke?: () => void;
}

export function KeyCard({ of: k, source, shop, day, onRevoke }: Props) {
  const { t } = useTranslation('apikey');
  const f = useFormat();
  const trust = useTrust();
  const [open, setOpen] = useState(false);
  const use = k.browser ? 'browser' : k.scope === 'ingest' ? 'server' : k.scope === 'read' ? 'read' : 'write';
  const trusted = trust.isPending ? trust.variables.trusted : (source?.trusted_orders ?? false);
  return (
    <article className={`card ${classes.key}`}>
      <header className={classes.head}>
        <div className={classes.name}>
          <h2>
            <bdi>{k.name}</bdi>
          </h2>
          <p className="small dim">
            {k.last_used_at ? t('used', { when: f.ago(k.last_used_at) }) : t('neverUsed')}
            {' · '}
            {t('madeOn', { when: f.day(k.created_at) })}
            {day !== undefined && ' · '}
            {day !== undefined && t('day', { count: day })}
            {shop && ' · '}
            {shop && <bdi>{shop}</bdi>}
          </p>
        </div>
        <Status tone={use === 'browser' || use === 'server' ? 'busy' : 'plain'}>{t(`use.${use}`)}</Status>
        {onRevoke && (
          <Tooltip label={t('revoke')}>
            <ActionIcon aria-label={t('revokeOf', { name: k.name })} onClick={onRevoke}>
              <IconTrash size={16} />
            </ActionIcon>
          </Tooltip>
        )}
      </header>
      {k.key ? (
        <CopyField text={k.key} label={t('key')} />
      ) : (
        <p className="small">
          <code dir="ltr">{k.prefix}…</code> <span className="dim">{t('hidden')}</span>
        </p>
      )}
      {k.browser && source && (
        <Switch
          label={t('trust')}
          description={t('trustHelp')}
          checked={trusted}
          disabled={!onRevoke}
          onChange={(e) => trust.mutate({ id: source.id, trusted: e.currentTarget.checked })}
        />
      )}
      <div>
        <Button variant="subtle" size="compact-sm" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t('hideHow') : t('how')}
        </Button>
      </div>
      {open && <Snippets secret={k.key || t('yourKey')} scope={k.scope} browser={k.browser} />}
    </article>
  );
}
