import { Button, Select, TextInput } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { asProblem } from '@/api/problem.ts';
import type { Format } from '@/shared/format/format.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { type Column, DataList } from '@/shared/list/DataList.tsx';
import { useBase, useMay, useReporting } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { CopyField } from '@/shared/ui/CopyField.tsx';
import { useCurrencies } from '@/shared/ui/choices.ts';
import { DayField } from '@/shared/ui/DayField.tsx';
import { IconUpload } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { useFieldText, useProblemText } from '@/shared/ui/problemText.ts';
import { SettingsCard } from '@/shared/ui/Settings.tsx';
import { Empty, NoPermission } from '@/shared/ui/states.tsx';
import { complain, say } from '@/shared/ui/undo.tsx';
import { type Rate, rateCurl, usePutRates, useRateFile, useRates } from './queries.ts';
import classes from './Rates.module.css';

/** What other currencies are worth in the one that figures are given in. */
export function RatesPage() {
  const { t } = useTranslation('rate');
  const f = useFormat();
  const may = useMay();
  const { currency } = useReporting();
  const list = useRates('');
  const columns = useColumns(f, currency);
  if (!may('rate.read')) {
    return (
      <Page title={t('title')}>
        <NoPermission />
      </Page>
    );
  }
  return (
    <Page title={t('title')} note={t('note', { currency })} actions={may('rate.write') && <FileButton />}>
      {may('rate.write') && <ByHand currency={currency} />}
      {may('rate.write') && <ByProgram currency={currency} />}
      <DataList
        label={t('title')}
        list={list}
        columns={columns}
        rowKey={(r) => `${r.currency}${r.day}`}
        small={(r) => (
          <div className={classes.small}>
            <strong>{r.currency}</strong>
            <span className="number">{rateText(r, f)}</span>
            <span className="small dim">{f.day(r.day)}</span>
            <span className="small dim number">{source(r)}</span>
          </div>
        )}
        empty={<Empty title={t('empty')}>{t('emptyHelp')}</Empty>}
      />
    </Page>
  );

  function source(r: Rate): string {
    return r.source ? t(`source.${r.source}`) : '';
  }
}

function rateText(r: Rate, f: Format): string {
  return f.number(Number(r.rate), { maximumFractionDigits: 9, minimumFractionDigits: 4 });
}

function useColumns(f: Format, currency: string): Column<Rate>[] {
  const { t } = useTranslation('rate');
  return useMemo(
    () => [
      {
        key: 'currency',
        label: t('column.currency'),
        width: 'minmax(140px, 2fr)',
        cell: (r) => [r.currency, f.currencyName(r.currency)].join(' · '),
      },
      { key: 'day', label: t('column.day'), width: 'minmax(110px, 1fr)', cell: (r) => f.day(r.day) },
      { key: 'source', label: t('column.source'), width: 'minmax(90px, 1fr)', cell: (r) => (r.source ? t(`source.${r.source}`) : '') },
      { key: 'rate', label: t('column.rate', { currency }), width: 'minmax(110px, 1fr)', end: true, cell: (r) => rateText(r, f) },
    ],
    [t, f, currency],
  );
}

function FileButton() {
  const { t } = useTranslation('rate');
  const text = useProblemText();
  const input = useRef<HTMLInputElement>(null);
  const send = useRateFile();
  return (
    <>
      <Button variant="default" leftSection={<IconUpload size={16} />} loading={send.isPending} onClick={() => input.current?.click()}>
        {t('file')}
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t('file')}
        accept=".csv,text/csv"
        onChange={(e) => {
          const file = e.currentTarget.files?.[0];
          e.currentTarget.value = '';
          if (!file) return;
          send.mutate(file, {
            onSuccess: ({ changed }) => say(t('changed', { count: changed })),
            onError: (error) => complain(text(error)),
          });
        }}
      />
    </>
  );
}

function ByHand({ currency }: { currency: string }) {
  const { t } = useTranslation('rate');
  const f = useFormat();
  const fieldText = useFieldText();
  const currencies = useCurrencies();
  const put = usePutRates();
  const [form, setForm] = useState({ currency: '', day: f.dayKey(Date.now()), rate: '' });
  const rate = form.rate.replace(',', '.').trim();
  const problem = put.error ? asProblem(put.error) : undefined;
  return (
    <SettingsCard
      title={t('hand.title')}
      onSave={() => put.mutate([{ ...form, rate }], { onSuccess: ({ changed }) => say(t('changed', { count: changed })) })}
      saving={put.isPending}
      changed={form.currency !== '' && form.day !== '' && /^\d+(\.\d{1,9})?$/.test(rate)}
      error={put.error}
    >
      <div className={classes.row}>
        <Select
          label={t('column.currency')}
          searchable
          data={currencies.filter((c) => c.value !== currency)}
          value={form.currency || null}
          onChange={(v) => setForm({ ...form, currency: v ?? '' })}
        />
        <DayField label={t('hand.from')} value={form.day} onChange={(day) => setForm({ ...form, day })} />
        <TextInput
          label={t('hand.rate', { currency })}
          inputMode="decimal"
          dir="ltr"
          placeholder="0.9213"
          value={form.rate}
          error={fieldText(problem?.fields.find((x) => x.path.endsWith('rate')))}
          onChange={(e) => setForm({ ...form, rate: e.currentTarget.value })}
        />
      </div>
    </SettingsCard>
  );
}

/** What a program sends. The key is a secret one, so it cannot be filled in. */
function ByProgram({ currency }: { currency: string }) {
  const { t } = useTranslation('rate');
  const f = useFormat();
  const base = useBase();
  const other = currency === 'USD' ? 'EUR' : 'USD';
  return (
    <Card title={t('program.title')}>
      <div className={classes.program}>
        <p className="small dim">{t('program.note')}</p>
        <CopyField block label={t('program.title')} text={rateCurl(base, other, f.dayKey(Date.now()))} />
        <p className="small">
          <Link to="/settings/sources">{t('program.key')}</Link>
        </p>
      </div>
    </Card>
  );
}
