import { Button } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useMay } from '@/shared/me/queries.ts';
import { IconChevronDown, IconCircleCheck } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { NoPermission, Waiting } from '@/shared/ui/states.tsx';
import { EventStep } from './EventStep.tsx';
import { PeopleStep } from './PeopleStep.tsx';
import { type Start, useSaveStart, useStart } from './queries.ts';
import { ShopStep } from './ShopStep.tsx';
import { SourceStep } from './SourceStep.tsx';
import classes from './Start.module.css';

export const steps = ['shop', 'source', 'event', 'people'] as const;
type Step = (typeof steps)[number];

/** The first steps of an owner. Each can be done now, later or never. */
export function StartPage() {
  const { t } = useTranslation('app');
  const may = useMay();
  const mayStart = may('setting.write');
  const start = useStart(mayStart);
  if (!mayStart || !start) {
    return (
      <Page title={t('start.title')} narrow>
        {mayStart ? <Waiting /> : <NoPermission />}
      </Page>
    );
  }
  return <Steps start={start} />;
}

function Steps({ start }: { start: Start }) {
  const { t } = useTranslation('app');
  const navigate = useNavigate();
  const save = useSaveStart();
  const [open, setOpen] = useState<Step | undefined>(() => steps.find((s) => !start[s]));
  const done = (step: Step) => {
    if (!start[step]) save.mutate({ [step]: true });
  };
  const next = (step: Step) => {
    done(step);
    setOpen(steps.find((s) => s !== step && !start[s]));
  };
  const close = () => save.mutate({ closed: true }, { onSuccess: () => navigate({ to: '/' }) });
  const all = steps.every((s) => start[s]);
  const body: Record<Step, ReactNode> = {
    shop: <ShopStep onDone={() => next('shop')} />,
    source: <SourceStep onChosen={() => done('source')} onNext={() => next('source')} />,
    event: <EventStep onSeen={() => done('event')} onNext={() => next('event')} />,
    people: <PeopleStep onInvited={() => done('people')} onNext={() => next('people')} />,
  };
  return (
    <Page
      title={t('start.title')}
      note={all ? t('start.all') : t('start.note')}
      narrow
      actions={
        <Button variant={all ? 'filled' : 'default'} loading={save.isPending && save.variables.closed} onClick={close}>
          {all ? t('start.finish') : t('start.later')}
        </Button>
      }
    >
      <ol className={classes.steps}>
        {steps.map((step, i) => (
          <li key={step} className={`card ${classes.step}`} data-done={start[step] || undefined}>
            <h2>
              <button
                type="button"
                className={classes.head}
                aria-expanded={open === step}
                onClick={() => setOpen(open === step ? undefined : step)}
              >
                <Place done={start[step]} number={i + 1} />
                <span className={classes.words}>
                  <span>{t(`start.step.${step}`)}</span>
                  <span className={classes.help}>{t(`start.help.${step}`)}</span>
                </span>
                <IconChevronDown size={18} className={classes.arrow} aria-hidden />
              </button>
            </h2>
            {open === step && <div className={classes.body}>{body[step]}</div>}
          </li>
        ))}
      </ol>
    </Page>
  );
}

function Place({ done, number }: { done: boolean; number: number }) {
  const { t, i18n } = useTranslation('app');
  if (!done) return <span className={classes.place}>{new Intl.NumberFormat(i18n.language).format(number)}</span>;
  return (
    <span className={classes.done}>
      <IconCircleCheck size={28} stroke={1.7} aria-hidden />
      <span className="unseen">{t('start.done')}</span>
    </span>
  );
}
