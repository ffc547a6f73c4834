import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { Status } from '@/shared/ui/Status.tsx';
import classes from './Import.module.css';
import { Skipped } from './ImportCard.tsx';
import type { Preview } from './queries.ts';

/** What the import would do: how many of each, some before and after, and what would be refused. */
export function PreviewView({ preview: p }: { preview: Preview }) {
  const { t } = useTranslation('import');
  const f = useFormat();
  const figures = (['created', 'updated', 'unchanged', 'refused'] as const).map((k) => ({ k, n: p[k] }));
  return (
    <div className={classes.preview} aria-live="polite">
      <p>{p.whole ? t('preview.whole', { count: p.rows }) : t('preview.part', { count: p.rows })}</p>
      <dl className={classes.figures}>
        {figures.map(({ k, n }) => (
          <div key={k} data-kind={k} data-none={n === 0 || undefined}>
            <dt>{t(`preview.${k}`)}</dt>
            <dd>{f.number(n)}</dd>
          </div>
        ))}
      </dl>
      <Skipped skipped={p.skipped} />
      <Samples preview={p} />
      <Refusals preview={p} />
    </div>
  );
}

function Samples({ preview }: { preview: Preview }) {
  const { t, i18n } = useTranslation('import');
  const label = (field: string) => (i18n.exists(`field.${field}`, { ns: 'import' }) ? t(`field.${field as 'email'}`) : field);
  return (
    <ol className={classes.samplesList}>
      {preview.samples.map((s, n) => {
        const fresh = s.outcome === 'created';
        const key = `${n} ${s.title}`;
        return (
          <li key={key}>
            <details open={n < 2}>
              <summary>
                <Status tone={fresh ? 'good' : 'warn'}>{fresh ? t('preview.new') : t('preview.changed')}</Status>
                <bdi className="cut">{s.title}</bdi>
              </summary>
              <div className={classes.scroll}>
                <table className={classes.beside}>
                  <thead>
                    <tr>
                      <th scope="col">{t('preview.field')}</th>
                      {!fresh && <th scope="col">{t('preview.before')}</th>}
                      <th scope="col">{t('preview.after')}</th>
                    </tr>
                  </thead>
                  <tbody>
                    {s.fields.map((x) => (
                      <tr key={x.field} data-differs={(!fresh && x.before !== x.after) || undefined}>
                        <th scope="row">
                          <bdi>{label(x.field)}</bdi>
                        </th>
                        {!fresh && (
                          <td dir="auto">
                            <bdi>{x.before || '–'}</bdi>
                          </td>
                        )}
                        <td dir="auto">
                          <bdi>{x.after || '–'}</bdi>
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </div>
            </details>
          </li>
        );
      })}
    </ol>
  );
}

function Refusals({ preview }: { preview: Preview }) {
  const { t } = useTranslation('import');
  const f = useFormat();
  if (preview.refusals.length === 0) return null;
  return (
    <section>
      <h3>{t('preview.refusals')}</h3>
      <div className={classes.scroll}>
        <table className={classes.beside}>
          <thead>
            <tr>
              <th scope="col">{t('preview.line')}</th>
              <th scope="col">{t('column.heading')}</th>
              <th scope="col">{t('preview.value')}</th>
              <th scope="col">{t('preview.reason')}</th>
            </tr>
          </thead>
          <tbody>
            {preview.refusals.map((r) => (
              <tr key={`${r.line} ${r.column} ${r.value}`}>
                <td>{f.number(r.line)}</td>
                <td>
                  <bdi>{r.column}</bdi>
                </td>
                <td>
                  <bdi>{r.value}</bdi>
                </td>
                <td lang="en" dir="ltr">
                  {r.reason}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
