import { ActionIcon, Tooltip } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Money } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Change, changeOf } from '@/shared/ui/Figure.tsx';
import { IconInfoCircle } from '@/shared/ui/icons.ts';
import { amountOf, type FigureKey, type Figures, figures } from './figures.ts';
import classes from './Overview.module.css';
import type { Overview } from './queries.ts';

interface Props {
  overview: Overview;
  chosen: FigureKey;
  choose: (key: FigureKey) => void;
  explain: (key: FigureKey) => void;
}

/** The figures side by side. The chosen one is drawn below; each says how it is counted. */
export function FigureStrip({ overview, chosen, choose, explain }: Props) {
  const { t } = useTranslation('report');
  const f = useFormat();
  const now = overview as unknown as Figures;
  const before = overview.previous as unknown as Figures | undefined;
  const write = (of: Figures | undefined, key: FigureKey, money: boolean) => {
    const v = of?.[key];
    if (v === undefined || v === null) return '–';
    return money ? f.moneyRound(v as Money) : f.number(v as number);
  };
  return (
    <div className={classes.strip}>
      {figures.map(({ key, money, lessIsBetter }) => {
        const value = amountOf(now, key);
        return (
          <div key={key} className={classes.figure} data-on={key === chosen || undefined}>
            <button type="button" className={classes.figureButton} aria-pressed={key === chosen} onClick={() => choose(key)}>
              <span className={classes.figureName}>{t(`figure.${key}`)}</span>
              <span className={classes.figureValue}>{write(now, key, money)}</span>
              <span className={classes.figureFoot}>
                <Change change={value === undefined ? undefined : changeOf(value, amountOf(before, key))} lessIsBetter={lessIsBetter} />
                {before && <span className={classes.figureBefore}>{write(before, key, money)}</span>}
              </span>
            </button>
            <Tooltip label={t('explain.open')}>
              <ActionIcon
                size={28}
                className={classes.explain}
                aria-label={t('explain.openFor', { figure: t(`figure.${key}`) })}
                onClick={() => explain(key)}
              >
                <IconInfoCircle size={16} />
              </ActionIcon>
            </Tooltip>
          </div>
        );
      })}
    </div>
  );
}
