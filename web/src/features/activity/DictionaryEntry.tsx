import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { Card, Facts } from '@/shared/ui/Card.tsx';
import { IconChevronLeft } from '@/shared/ui/icons.ts';
import { Status } from '@/shared/ui/Status.tsx';
import { Empty, Loaded } from '@/shared/ui/states.tsx';
import { DayBars } from './DayBars.tsx';
import classes from './Dictionary.module.css';
import { useEntryName } from './Dictionary.tsx';
import { EntryForm } from './EntryForm.tsx';
import { EntryMarks } from './EntryMarks.tsx';
import { EntryRules } from './EntryRules.tsx';
import { type EntryDetail, type EntryProperty, useName, useSourceNames } from './queries.ts';

/** All that is known of one event. */
export function DictionaryEntry({ id }: { id: string }) {
  const { t } = useTranslation('activity');
  const entry = useName(id);
  return (
    <>
      <p className={classes.back}>
        <IconChevronLeft size={14} className="mirror" aria-hidden />
        <Link to="/events" search={{ tab: 'dictionary' }}>
          {t('entry.back')}
        </Link>
      </p>
      <Loaded query={entry}>{(e) => <Shown entry={e} />}</Loaded>
    </>
  );
}

function Shown({ entry: e }: { entry: EntryDetail }) {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const may = useMay();
  const name = useEntryName()(e);
  const sources = useSourceNames(may('apikey.read')).data?.items ?? [];
  const source = (id: string) => sources.find((s) => s.id === id)?.name ?? id;
  const properties = e.properties ?? [];
  return (
    <div className={classes.entry}>
      <div className={classes.wide}>
        <Card
          title={
            <span className={classes.title}>
              <bdi>{name}</bdi>
              <EntryMarks entry={e} />
            </span>
          }
        >
          {(e.alike ?? []).length > 0 && <p className="small">{t('entry.alikeHelp', { names: (e.alike ?? []).join(', ') })}</p>}
          <DayBars days={e.history ?? []} label={t('entry.history', { count: e.events })} />
          <Facts
            rows={[
              [t('names.events'), f.number(e.events)],
              [t('names.first'), e.first_seen_at ? f.instant(e.first_seen_at) : t('names.never')],
              [t('names.last'), e.last_seen_at && f.instant(e.last_seen_at)],
              ...(e.by_source ?? []).map((s): [string, string] => [
                t('entry.through', { source: source(s.source_id) }),
                f.number(s.events),
              ]),
            ]}
          />
        </Card>
        <Card title={t('entry.properties')} flush>
          {properties.length === 0 ? (
            <Empty slim title={t('entry.noProperties')} />
          ) : (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling box has to be reached by keyboard
            <div className={classes.scroll} tabIndex={0} role="group" aria-label={t('entry.properties')}>
              <table className={classes.table}>
                <thead>
                  <tr>
                    <th scope="col">{t('entry.property')}</th>
                    <th scope="col">{t('entry.types')}</th>
                    <th scope="col">{t('entry.examples')}</th>
                    <th scope="col">{t('names.first')}</th>
                    <th scope="col">{t('names.last')}</th>
                  </tr>
                </thead>
                <tbody>
                  {properties.map((p) => (
                    <PropertyRow key={p.name} property={p} />
                  ))}
                </tbody>
              </table>
            </div>
          )}
          {e.overflow && <p className={classes.foot}>{t('entry.overflow')}</p>}
        </Card>
      </div>
      <div className={classes.side}>
        <Card title={t('entry.about')}>
          <EntryForm key={e.id} entry={e} />
        </Card>
        {e.kind === 'track' && (
          <Card title={t('entry.rules')}>
            <EntryRules entry={e} />
          </Card>
        )}
      </div>
    </div>
  );
}

function PropertyRow({ property: p }: { property: EntryProperty }) {
  const { t } = useTranslation('activity');
  const f = useFormat();
  const types = p.types ?? [];
  const seen = types.map((x) => [x.first_seen_at, x.last_seen_at] as const);
  const first = seen.map(([a]) => a).sort()[0];
  const last = seen
    .map(([, b]) => b)
    .sort()
    .at(-1);
  return (
    <tr>
      <th scope="row">
        <bdi dir="ltr">{p.name}</bdi>
      </th>
      <td>
        <span className={classes.title}>
          {types.map((x) => (
            <span key={x.type} title={t('entry.typeSeen', { from: f.instant(x.first_seen_at), to: f.instant(x.last_seen_at) })}>
              {t(`type.${x.type}`)}
            </span>
          ))}
          {p.conflict && <Status tone="warn">{t('entry.conflict')}</Status>}
        </span>
      </td>
      <td>
        {p.personal ? (
          <span className="dim">{t('entry.personal')}</span>
        ) : (
          (p.examples ?? []).map((x) => (
            <code key={x} className={classes.example} dir="auto">
              {x}
            </code>
          ))
        )}
      </td>
      <td>{first && f.day(first)}</td>
      <td>{last && f.day(last)}</td>
    </tr>
  );
}
