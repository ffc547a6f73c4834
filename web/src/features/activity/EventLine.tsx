import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { IconChevronDown } from '@/shared/ui/icons.ts';
import { Properties } from '@/shared/ui/Properties.tsx';
import classes from './Events.module.css';
import type { ActivityEvent, LiveEvent } from './queries.ts';

type Shown = Partial<ActivityEvent> & Partial<LiveEvent> & Pick<LiveEvent, 'at' | 'name'>;

/** One event in a line; open it to see all of it. */
export function EventLine({ event: e, seconds }: { event: Shown; seconds?: boolean }) {
  const { t, i18n } = useTranslation('activity');
  const f = useFormat();
  const [open, setOpen] = useState(false);
  const properties = object(e.properties);
  const words = ['name', 'query', 'title', 'order_id', 'category', 'url', 'path', 'email']
    .map((k) => properties[k])
    .find((v) => typeof v === 'string' && v !== '');
  const kind = e.kind && i18n.exists(`kind.${e.kind}`, { ns: 'activity' }) ? t(`kind.${e.kind as 'track'}`) : e.kind;
  return (
    <li className={classes.event}>
      <button type="button" className={classes.line} aria-expanded={open} onClick={() => setOpen(!open)}>
        <time dateTime={e.at}>{seconds ? f.seconds(e.at) : f.instant(e.at)}</time>
        <span className={classes.name}>
          <bdi>{e.name || kind}</bdi>
        </span>
        <span className={`cut ${classes.words}`}>
          <bdi>{typeof words === 'string' && words !== e.name ? words : ''}</bdi>
        </span>
        <IconChevronDown size={16} aria-hidden />
      </button>
      {open && (
        <div className={classes.details}>
          <Properties
            of={{
              ...(kind ? { [t('field.kind')]: kind } : {}),
              ...(e.message_id ? { [t('field.message')]: e.message_id } : {}),
              ...(e.user_id ? { [t('field.user')]: e.user_id } : {}),
              ...(e.anonymous_id ? { [t('field.device')]: e.anonymous_id } : {}),
              ...(e.received_at ? { [t('field.received')]: f.instant(e.received_at) } : {}),
              ...properties,
            }}
          />
          {e.customer_id && e.customer_id !== '0' && (
            <Link to="/customers/$id" params={{ id: e.customer_id }}>
              {t('field.person')}
            </Link>
          )}
        </div>
      )}
    </li>
  );
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}
