import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Key, useCreateKey, useKeys } from '@/features/apikey/queries.ts';
import { Snippets } from '@/features/apikey/Snippets.tsx';
import { CopyField } from '@/shared/ui/CopyField.tsx';
import { IconDatabase, IconShoppingBag, IconUpload, IconWorld } from '@/shared/ui/icons.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { DemoSource } from './DemoSource.tsx';
import classes from './Start.module.css';

const ways = [
  { way: 'web', icon: IconWorld },
  { way: 'server', icon: IconDatabase },
  { way: 'file', icon: IconUpload },
  { way: 'demo', icon: IconShoppingBag },
] as const;
type Way = (typeof ways)[number]['way'];

interface Props {
  onChosen: () => void;
  onNext: () => void;
}

/** Where the first data comes from. */
export function SourceStep({ onChosen, onNext }: Props) {
  const { t } = useTranslation('app');
  const [way, setWay] = useState<Way>();
  return (
    <div className={classes.form}>
      <div className={classes.ways} role="group" aria-label={t('start.step.source')}>
        {ways.map(({ way: w, icon: Icon }) => (
          <button key={w} type="button" className={classes.way} aria-pressed={way === w} onClick={() => setWay(w)}>
            <Icon size={24} stroke={1.6} aria-hidden />
            <span className={classes.strong}>{t(`start.way.${w}`)}</span>
            <span className="small dim">{t(`start.wayHelp.${w}`)}</span>
          </button>
        ))}
      </div>
      {way === 'web' && <OfKind key="web" browser onChosen={onChosen} onNext={onNext} />}
      {way === 'server' && <OfKind key="server" browser={false} onChosen={onChosen} onNext={onNext} />}
      {way === 'file' && (
        <Row>
          <Button component={Link} to="/imports" onClick={onChosen}>
            {t('start.toImport')}
          </Button>
        </Row>
      )}
      {way === 'demo' && <DemoSource onChosen={onChosen} onNext={onNext} />}
    </div>
  );
}

function Row({ children }: { children: ReactNode }) {
  return <div className={classes.row}>{children}</div>;
}

/** The key of that kind with what one pastes. A browser key is shown again; of a secret one only its maker saw it, once. */
function OfKind({ browser, onChosen, onNext }: Props & { browser: boolean }) {
  const { t } = useTranslation('app');
  const text = useProblemText();
  const keys = useKeys();
  const create = useCreateKey();
  const have = (keys.data?.items ?? []).find((k) => !k.revoked_at && k.scope === 'ingest' && k.browser === browser);
  const shown: Key | undefined = create.data ?? (browser ? have : undefined);
  const make = () =>
    create.mutate(
      { name: browser ? t('start.key.web') : t('start.key.server'), scope: 'ingest', ...(browser ? { browser: true } : {}) },
      { onSuccess: onChosen },
    );
  if (!shown) {
    return (
      <div className={classes.form}>
        {have && <p className="small dim">{t('start.key.lost', { prefix: have.prefix })}</p>}
        {create.error && (
          <p className={classes.trouble} role="alert">
            {text(create.error)}
          </p>
        )}
        <Row>
          <Button loading={create.isPending || keys.isPending} onClick={make}>
            {have ? t('start.key.another') : browser ? t('start.key.makeWeb') : t('start.key.makeServer')}
          </Button>
        </Row>
      </div>
    );
  }
  return (
    <div className={classes.form}>
      <p>{browser ? t('start.paste.web') : t('start.paste.server')}</p>
      {!browser && <CopyField text={shown.key ?? ''} label={t('start.key.label')} />}
      <Snippets secret={shown.key ?? ''} scope={shown.scope} browser={browser} />
      <Row>
        <Button onClick={onNext}>{t('start.pasted')}</Button>
      </Row>
    </div>
  );
}
