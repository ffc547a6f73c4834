import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Card, Facts } from '@/shared/ui/Card.tsx';
import { IconDeviceMobile, IconFingerprint, IconKey, IconMail, IconPhone } from '@/shared/ui/icons.ts';
import { Properties } from '@/shared/ui/Properties.tsx';
import { Status } from '@/shared/ui/Status.tsx';
import classes from './CustomerPage.module.css';
import type { CustomerDetail } from './queries.ts';

/** Who he is and what he is worth. */
export function WhoSide({ customer: c }: { customer: CustomerDetail }) {
  const { t } = useTranslation('customer');
  const f = useFormat();
  const attributes = typeof c.attributes === 'object' && c.attributes !== null ? (c.attributes as Record<string, unknown>) : {};
  return (
    <>
      <Card title={t('profile.worth')}>
        <dl className={classes.worth}>
          <Figure main name={t('profile.spent')} value={f.money(c.total_spent)} />
          <Figure name={t('profile.orders')} value={f.number(c.orders)} />
          <Figure name={t('profile.average')} value={c.orders && c.average_order ? f.money(c.average_order) : '–'} />
          <Figure name={t('profile.firstOrder')} value={c.first_order_at ? f.day(c.first_order_at) : '–'} />
          <Figure name={t('profile.lastOrder')} value={c.last_order_at ? f.day(c.last_order_at) : '–'} />
          {Number(c.total_refunded?.amount ?? 0) > 0 && <Figure name={t('profile.refunded')} value={f.money(c.total_refunded)} />}
        </dl>
      </Card>
      <Card title={t('profile.who')}>
        <Facts
          rows={[
            [t('profile.email'), c.email && <a href={`mailto:${c.email}`}>{c.email}</a>],
            [
              t('profile.phone'),
              c.phone && (
                <a href={`tel:${c.phone}`} dir="ltr">
                  {c.phone}
                </a>
              ),
            ],
            [t('profile.number'), c.external_id && <code>{c.external_id}</code>],
            [t('profile.place'), [c.city, c.country && f.country(c.country)].filter(Boolean).join(t('profile.comma'))],
            [t('profile.language'), c.language && f.languageName(c.language)],
            [t('profile.birthday'), c.birthday && f.day(c.birthday)],
            [t('profile.gender'), c.gender && gender(c.gender)],
            [t('profile.zone'), c.zone && <span dir="ltr">{c.zone.replaceAll('_', ' ')}</span>],
            [t('profile.firstSeen'), c.first_seen_at && f.day(c.first_seen_at)],
            [t('profile.lastSeen'), c.last_seen_at && f.ago(c.last_seen_at)],
          ]}
        />
      </Card>
      <Consents customer={c} />
      <Identities customer={c} />
      {Object.keys(attributes).length > 0 && (
        <Card title={t('profile.attributes')}>
          <Properties of={attributes} />
        </Card>
      )}
    </>
  );

  function gender(g: string): string {
    return g === 'female' || g === 'male' ? t(`gender.${g}`) : g;
  }
}

function Figure({ name, value, main }: { name: string; value: string; main?: boolean }) {
  return (
    <div className={classes.figure} data-main={main || undefined}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function Consents({ customer: c }: { customer: CustomerDetail }) {
  const { t } = useTranslation('customer');
  const { t: shared, i18n } = useTranslation('shared');
  const f = useFormat();
  const list = c.consents ?? [];
  const purpose = (k: string) => (i18n.exists(`purpose.${k}`, { ns: 'shared' }) ? shared(`purpose.${k as 'marketing'}`) : k);
  const channel = (k: string) => (i18n.exists(`channel.${k}`, { ns: 'shared' }) ? shared(`channel.${k as 'email'}`) : k);
  return (
    <Card title={t('profile.consent')}>
      {list.length === 0 ? (
        <p className="dim small">{t('profile.noConsent')}</p>
      ) : (
        <ul className={classes.lines}>
          {list.map((k) => {
            const given = k.granted;
            return (
              <li key={`${k.channel}${k.purpose}`}>
                <Status tone={given ? 'good' : 'bad'}>{given ? t('profile.given') : t('profile.withdrawn')}</Status>
                <span className="cut">{[channel(k.channel), purpose(k.purpose)].filter(Boolean).join(' · ')}</span>
                <time className="small dim" dateTime={k.at}>
                  {f.day(k.at)}
                </time>
              </li>
            );
          })}
        </ul>
      )}
    </Card>
  );
}

const icons: Record<string, typeof IconMail> = {
  email: IconMail,
  phone: IconPhone,
  external_id: IconKey,
  anonymous_id: IconDeviceMobile,
};

function Identities({ customer: c }: { customer: CustomerDetail }) {
  const { t, i18n } = useTranslation('customer');
  const f = useFormat();
  const list = c.identities ?? [];
  const kind = (k: string) => (i18n.exists(`identity.${k}`, { ns: 'customer' }) ? t(`identity.${k as 'email'}`) : k);
  if (list.length === 0) return null;
  return (
    <Card title={t('profile.identities')}>
      <ul className={classes.lines}>
        {list.map((k) => {
          const Icon = icons[k.kind] ?? IconFingerprint;
          return (
            <li key={`${k.kind}${k.value}`}>
              <Icon size={16} stroke={1.7} aria-hidden />
              <span className={classes.two}>
                <span className="cut" title={k.value} dir="auto">
                  {k.value}
                </span>
                <span className="small dim">{k.verified ? kind(k.kind) : t('identity.unverified', { kind: kind(k.kind) })}</span>
              </span>
              <time className="small dim" dateTime={k.first_at}>
                {f.day(k.first_at)}
              </time>
            </li>
          );
        })}
      </ul>
    </Card>
  );
}
