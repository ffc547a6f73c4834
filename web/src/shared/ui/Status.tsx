import type { ReactNode } from 'react';
import { IconAlertTriangle, IconBan, IconCircleCheck, IconHistory, IconInfoCircle } from './icons.ts';
import classes from './Status.module.css';

export type Tone = 'good' | 'warn' | 'bad' | 'plain' | 'busy';

const icons = { good: IconCircleCheck, warn: IconAlertTriangle, bad: IconBan, plain: IconInfoCircle, busy: IconHistory };

/** A state in one word; its tone shows in colour and in the icon. */
export function Status({ tone, children }: { tone: Tone; children: ReactNode }) {
  const Icon = icons[tone];
  return (
    <span className={`${classes.status} ${classes[tone]}`}>
      <Icon size={14} aria-hidden />
      {children}
    </span>
  );
}
