import { Button, Select, Switch } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { isIdle, remap } from './columns.ts';
import classes from './Import.module.css';
import type { Plan } from './queries.ts';

interface Props {
  plan: Plan;
  correct: (mapping: Record<string, string>) => void;
  busy: boolean;
}

const nothing = '-';

/** So many empty columns are shown; more of them only hide what matters. */
const fewIdle = 3;

/** Which column is what: the guess with what it rests on, each to be corrected. */
export function ColumnsTable({ plan, correct, busy }: Props) {
  const { t, i18n } = useTranslation('import');
  const kind = plan.import.kind;
  const rest = kind === 'customers' ? t('column.attribute') : kind === 'events' ? t('column.property') : t('column.nothing');
  const label = (field: string) => (i18n.exists(`field.${field}`, { ns: 'import' }) ? t(`field.${field as 'email'}`) : field);
  const choices = [{ value: nothing, label: rest }, ...plan.fields.map((f) => ({ value: f, label: label(f) }))];
  const mapping = plan.import.mapping;
  const [all, setAll] = useState(false);
  const idle = plan.columns.filter(isIdle).length;
  const folded = idle > fewIdle && !all;
  const order = mapping.date_format ?? '';
  const dates = plan.columns.some((c) => c.looks === 'date') || plan.problem.includes('date_format');
  return (
    <>
      <div className={classes.scroll}>
        <table className={classes.columns}>
          <thead>
            <tr>
              <th scope="col">{t('column.heading')}</th>
              <th scope="col">{t('column.looks')}</th>
              <th scope="col">{t('column.field')}</th>
            </tr>
          </thead>
          <tbody>
            {plan.columns.map((c, n) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: headings may repeat, and the order of columns is fixed
              <tr key={`${n} ${c.name}`} hidden={folded && isIdle(c)}>
                <th scope="row">
                  <bdi>{c.name}</bdi>
                </th>
                <td>
                  <span>{t(`looks.${c.looks as 'email'}`)}</span>
                  <span className={`small dim ${classes.samples}`} dir="auto">
                    {c.samples.join(' · ')}
                  </span>
                </td>
                <td>
                  <Select
                    aria-label={t('column.choose', { name: c.name })}
                    data={choices}
                    searchable
                    allowDeselect={false}
                    disabled={busy}
                    value={c.field || nothing}
                    onChange={(v) => v && correct(remap(plan.columns, mapping, c.name, v === nothing ? '' : v))}
                  />
                  <span className="small dim">{c.by ? t(`by.${c.by as 'header'}`) : ' '}</span>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {folded && (
        <div>
          <Button variant="default" size="compact-sm" onClick={() => setAll(true)}>
            {t('column.idle', { count: idle })}
          </Button>
        </div>
      )}
      {dates && (
        <Select
          label={t('dateOrder.label')}
          allowDeselect={false}
          disabled={busy}
          data={[
            { value: '', label: t('dateOrder.auto') },
            { value: 'dmy', label: t('dateOrder.dmy') },
            { value: 'mdy', label: t('dateOrder.mdy') },
          ]}
          value={order}
          onChange={(v) => {
            const { date_format: _, ...others } = mapping;
            correct(v ? { ...others, date_format: v } : others);
          }}
        />
      )}
      {plan.headless && (
        <Switch
          label={t('headless')}
          checked
          disabled={busy}
          onChange={() => {
            const { header: _, ...options } = mapping;
            correct(
              Object.fromEntries(Object.entries(options).filter(([k]) => k === 'date_format' || k === 'decimal' || k === 'delimiter')),
            );
          }}
        />
      )}
    </>
  );
}
