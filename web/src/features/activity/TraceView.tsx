import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { isolated } from '@/shared/format/isolated.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Facts } from '@/shared/ui/Card.tsx';
import { CopyField } from '@/shared/ui/CopyField.tsx';
import { Empty, Loaded } from '@/shared/ui/states.tsx';
import classes from './Events.module.css';
import { type Trace, useSourceNames, useTrace } from './queries.ts';
import { SendAgain } from './SendAgain.tsx';
import { VerdictMark } from './VerdictMark.tsx';

/** One event: as it came, and what was made of it. */
export function TraceView({ id, refusedId }: { id: string; refusedId?: string }) {
  const { t } = useTranslation('activity');
  return (
    <div className={classes.details}>{id === '' ? <Empty slim title={t('trace.unknown')} /> : <Asked id={id} refusedId={refusedId} />}</div>
  );
}

function Asked({ id, refusedId }: { id: string; refusedId?: string | undefined }) {
  const trace = useTrace(id);
  return (
    <Loaded query={trace} slim>
      {(e) => <Shown trace={e} refusedId={refusedId} />}
    </Loaded>
  );
}

function Shown({ trace: e, refusedId }: { trace: Trace; refusedId?: string | undefined }) {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const may = useMay();
  const sources = useSourceNames(may('apikey.read')).data?.items ?? [];
  const source = sources.find((s) => s.id === e.source_id)?.name ?? e.source_id;
  return (
    <>
      <div className={classes.halves}>
        <section aria-label={t('trace.made')}>
          <h3 className={classes.half}>{t('trace.made')}</h3>
          <Facts
            rows={[
              [t('trace.verdict'), <VerdictMark key="v" verdict={e.verdict} />],
              [
                t('trace.reason'),
                e.reason && (
                  <span key="r" lang="en">
                    {e.reason} <code className="dim">{e.code}</code>
                  </span>
                ),
              ],
              [
                t('trace.outcome'),
                e.outcome && `${t(`verdict.${e.outcome as 'applied'}`)}, ${e.settled_at ? f.instant(e.settled_at) : ''}`,
              ],
              [
                t('trace.name'),
                e.name && (e.sent_name !== e.name ? t('trace.renamed', { from: isolated(e.sent_name), to: isolated(e.name) }) : e.name),
              ],
              [t('trace.at'), e.at && f.instant(e.at)],
              [
                t('trace.person'),
                e.customer_id !== '0' &&
                  (may('customer.read') ? (
                    <Link key="p" to="/customers/$id" params={{ id: e.customer_id }}>
                      {t('field.person')}
                    </Link>
                  ) : (
                    e.customer_id
                  )),
              ],
              [t('trace.visit'), e.session_id && (e.session_start ? t('trace.visitStarts') : t('trace.visitGoesOn'))],
              ...(e.effects ?? []).map((x): [string, string] => [t('trace.effect'), effect(x, t)]),
              [t('trace.first'), e.original_id],
              [t('trace.again'), e.origin_id],
            ]}
          />
          {e.verdict === 'refused' && !e.outcome && refusedId && may('activity.write') && <SendAgain id={refusedId} />}
        </section>
        <section aria-label={t('trace.came')}>
          <h3 className={classes.half}>{t('trace.came')}</h3>
          <Facts
            rows={[
              [t('field.received'), f.instant(e.received_at)],
              [t('trace.source'), source],
              [t('trace.from'), e.server ? t('trace.server') : t('trace.browser')],
              [t('field.message'), e.message_id],
              [t('field.user'), e.user_id],
              [t('field.device'), e.anonymous_id],
              [t('trace.ip'), e.ip],
            ]}
          />
        </section>
      </div>
      <CopyField block text={pretty(e.raw)} label={t('trace.raw')} />
    </>
  );
}

type Effect = NonNullable<Trace['effects']>[number];

function effect(x: Effect, t: ReturnType<typeof useTranslation<'activity'>>['t']): string {
  switch (x.kind) {
    case 'order':
      return t('effect.order', { number: x.subject, count: x.count });
    case 'order_refunded':
      return t('effect.refund', { number: x.subject });
    case 'order_cancelled':
      return t('effect.cancel', { number: x.subject });
    case 'products':
      return t('effect.products', { count: x.count });
  }
  return t('effect.cart', { cart: x.subject });
}

function pretty(raw: string): string {
  try {
    return JSON.stringify(JSON.parse(raw), null, 2);
  } catch {
    return raw;
  }
}
