import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { IconDeviceDesktop, IconDeviceMobile } from '@/shared/ui/icons.ts';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Status } from '@/shared/ui/Status.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import { complain, say } from '@/shared/ui/undo.tsx';
import { type Session, useEndSession, useEndSessions, useOwnSessions } from './queries.ts';
import classes from './User.module.css';

/** Where the reader is signed in. Ending a session needs no undo: signing in again brings it back. */
export function SessionsCard() {
  const { t } = useTranslation('user');
  const text = useProblemText();
  const sessions = useOwnSessions();
  const end = useEndSession();
  const endAll = useEndSessions();
  const failed = (error: unknown) => complain(text(error));
  // Everything that was loaded is forgotten with the page.
  const everywhere = () => endAll.mutate(true, { onError: failed, onSuccess: () => window.location.assign('/signin') });
  return (
    <Card title={t('sessions.title')} flush>
      <Loaded query={sessions} slim>
        {({ items }) => (
          <>
            <ul className={classes.list}>
              {(items ?? []).map((s) => (
                <Row
                  key={s.id}
                  of={s}
                  onEnd={() => end.mutate(s.id, { onError: failed })}
                  ending={end.isPending && end.variables === s.id}
                />
              ))}
            </ul>
            <div className={classes.foot}>
              {(items ?? []).length > 1 && (
                <Button
                  variant="default"
                  loading={endAll.isPending && endAll.variables === false}
                  onClick={() =>
                    endAll.mutate(false, { onError: failed, onSuccess: ({ ended }) => say(t('sessions.ended', { count: ended })) })
                  }
                >
                  {t('sessions.endOthers')}
                </Button>
              )}
              <Button variant="default" loading={endAll.isPending && endAll.variables === true} onClick={everywhere}>
                {t('sessions.everywhere')}
              </Button>
            </div>
          </>
        )}
      </Loaded>
    </Card>
  );
}

function Row({ of: s, onEnd, ending }: { of: Session; onEnd: () => void; ending: boolean }) {
  const { t } = useTranslation('user');
  const f = useFormat();
  const { browser, system, kind } = s.device;
  const Icon = kind === 'phone' || kind === 'tablet' ? IconDeviceMobile : IconDeviceDesktop;
  const name = browser && system ? t('sessions.on', { browser, system }) : browser || system || t('sessions.unknown');
  return (
    <li className={classes.person}>
      <Icon size={20} stroke={1.7} aria-hidden />
      <div className={classes.name}>
        <span>
          <bdi>{name}</bdi>
        </span>
        <span className="small dim">
          <bdi dir="ltr">{s.ip}</bdi>
          {' · '}
          {t('sessions.since', { when: f.instant(s.begun_at) })}
          {!s.current && ' · '}
          {!s.current && t('sessions.seen', { when: f.ago(s.last_seen_at) })}
        </span>
      </div>
      {s.current ? (
        <Status tone="good">{t('sessions.current')}</Status>
      ) : (
        <Button variant="default" size="compact-sm" loading={ending} aria-label={t('sessions.endOf', { name })} onClick={onEnd}>
          {t('sessions.end')}
        </Button>
      )}
    </li>
  );
}
