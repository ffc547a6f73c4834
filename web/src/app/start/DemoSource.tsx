import { Button, Progress } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Loaded } from '@/shared/ui/states.tsx';
import { useBeginDemo, useDemo, useEndDemo } from './queries.ts';
import classes from './Start.module.css';

const stages = ['products', 'rates', 'events', 'customers', 'applying'] as const;
type Stage = (typeof stages)[number];

/** Fills the empty shop with a made-up one, shows how far that is, and ends it. */
export function DemoSource({ onChosen, onNext }: { onChosen: () => void; onNext: () => void }) {
  const { t } = useTranslation('app');
  const text = useProblemText();
  const client = useQueryClient();
  const demo = useDemo();
  const begin = useBeginDemo();
  const end = useEndDemo();
  const alive = demo.data?.state === 'alive';
  // Everything on other screens is another thing now, the currency included.
  useEffect(() => {
    if (alive) client.invalidateQueries();
  }, [alive, client]);
  return (
    <Loaded query={demo} slim>
      {({ state, stage, done, of, problem }) => (
        <div className={classes.form}>
          {state === 'none' && <p>{t('start.demo.help')}</p>}
          {state === 'filling' && (
            <>
              <p role="status">{t(`start.demo.stage.${known(stage)}`)}</p>
              <Progress value={of > 0 ? (100 * done) / of : 100} animated={of === 0} aria-label={t(`start.demo.stage.${known(stage)}`)} />
            </>
          )}
          {alive && <p role="status">{t('start.demo.alive')}</p>}
          {(begin.error || state === 'failed') && (
            <p className={classes.trouble} role="alert">
              {begin.error ? text(begin.error) : t('start.demo.failed', { problem })}
            </p>
          )}
          <div className={classes.row}>
            {(state === 'none' || state === 'failed') && (
              <Button loading={begin.isPending} onClick={() => begin.mutate(undefined, { onSuccess: onChosen })}>
                {t('start.demo.begin')}
              </Button>
            )}
            {alive && (
              <>
                <Button component={Link} to="/" onClick={onNext}>
                  {t('start.demo.look')}
                </Button>
                <Button variant="default" loading={end.isPending} onClick={() => end.mutate()}>
                  {t('start.demo.end')}
                </Button>
              </>
            )}
          </div>
        </div>
      )}
    </Loaded>
  );
}

function known(stage: string): Stage {
  return stages.find((s) => s === stage) ?? 'products';
}
