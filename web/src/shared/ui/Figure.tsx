import { useTranslation } from 'react-i18next';
import { useFormat } from '../format/useFormat.ts';
import classes from './Figure.module.css';
import { IconArrowDownRight, IconArrowUpRight, IconMinus } from './icons.ts';

interface Props {
  /** Share of change against the period before; undefined where nothing can be compared. */
  change: number | undefined;
  /** For refunds, less is better. */
  lessIsBetter?: boolean;
}

/** How a figure moved, told by sign, arrow and colour. */
export function Change({ change, lessIsBetter }: Props) {
  const { t } = useTranslation('shared');
  const f = useFormat();
  if (change === undefined || !Number.isFinite(change)) return <span className={classes.none}>{t('figure.nothingBefore')}</span>;
  const still = Math.abs(change) < 0.0005;
  const good = change > 0 !== Boolean(lessIsBetter);
  const Icon = still ? IconMinus : change > 0 ? IconArrowUpRight : IconArrowDownRight;
  return (
    <span className={still ? classes.still : good ? classes.good : classes.bad}>
      <Icon size={14} aria-hidden />
      <bdi dir="ltr">{f.change(change)}</bdi>
    </span>
  );
}

/** The share by which now differs from before; undefined when before is nothing. */
export function changeOf(now: number, before: number | undefined): number | undefined {
  if (before === undefined || before === 0) return undefined;
  return (now - before) / Math.abs(before);
}
