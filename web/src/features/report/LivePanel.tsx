import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { MinuteBars } from '@/shared/ui/MinuteBars.tsx';
import { Loaded } from '@/shared/ui/states.tsx';
import classes from './Overview.module.css';
import { useLive } from './queries.ts';

/** The last half hour, followed while the page is looked at. */
export function LivePanel() {
  const { t } = useTranslation('report');
  const { t: activity, i18n } = useTranslation('activity');
  const kindOf = (kind: string) => (i18n.exists(`kind.${kind}`, { ns: 'activity' }) ? activity(`kind.${kind as 'track'}`) : kind);
  const f = useFormat();
  const live = useLive(true);
  return (
    <Card
      title={
        <span className={classes.liveTitle}>
          <span className={classes.pulse} aria-hidden />
          {t('live.title')}
        </span>
      }
      label={t('live.title')}
      actions={
        <Link to="/events" className="small">
          {t('live.all')}
        </Link>
      }
    >
      <Loaded query={live} slim>
        {(data) => {
          const counts = (data.minutes ?? []).map((m) => m.events);
          const total = counts.reduce((a, b) => a + b, 0);
          return (
            <div className={classes.live}>
              <dl className={classes.livePair}>
                <div>
                  <dt>{t('live.visitors')}</dt>
                  <dd>{f.number(data.visitors)}</dd>
                </div>
                <div>
                  <dt>{t('live.events')}</dt>
                  <dd>{f.number(total)}</dd>
                </div>
              </dl>
              <MinuteBars
                minutes={data.minutes ?? []}
                label={t('live.label', { count: total })}
                tip={(m) => t('live.minute', { count: m.events, time: f.time(m.at) })}
              />
              {total === 0 ? (
                <p className="small dim">{t('live.quiet')}</p>
              ) : (
                <ol className={classes.liveList}>
                  {(data.events ?? []).slice(0, 7).map((e) => (
                    <li key={e.message_id + e.at}>
                      <span className="cut" dir="auto">
                        {e.name || kindOf(e.kind)}
                      </span>
                      <time className="small dim" dateTime={e.at}>
                        {f.seconds(e.at)}
                      </time>
                    </li>
                  ))}
                </ol>
              )}
            </div>
          );
        }}
      </Loaded>
    </Card>
  );
}
