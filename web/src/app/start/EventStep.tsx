import { Button } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { EventLine } from '@/features/activity/EventLine.tsx';
import { IconCircleCheck } from '@/shared/ui/icons.ts';
import { Loaded } from '@/shared/ui/states.tsx';
import { useFirstEvents } from './queries.ts';
import classes from './Start.module.css';

/** Waits for the first event and shows it as it comes. */
export function EventStep({ onSeen, onNext }: { onSeen: () => void; onNext: () => void }) {
  const { t } = useTranslation('app');
  const events = useFirstEvents();
  const any = (events.data?.items?.length ?? 0) > 0;
  // biome-ignore lint/correctness/useExhaustiveDependencies: told once, when the first event is there
  useEffect(() => {
    if (any) onSeen();
  }, [any]);
  return (
    <Loaded query={events} slim>
      {({ items }) => (
        <div className={classes.form}>
          <p className={any ? classes.good : classes.waiting} role="status">
            {any ? <IconCircleCheck size={18} aria-hidden /> : <span className={classes.pulse} aria-hidden />}
            {any ? t('start.event.received') : t('start.event.waiting')}
          </p>
          {any ? (
            <>
              <ul className={classes.events}>
                {(items ?? []).map((e) => (
                  <EventLine key={e.id} event={e} />
                ))}
              </ul>
              <div className={classes.row}>
                <Button onClick={onNext}>{t('start.next')}</Button>
              </div>
            </>
          ) : (
            <p className="small dim">{t('start.event.help')}</p>
          )}
        </div>
      )}
    </Loaded>
  );
}
