import { Button, Drawer, Progress, Select, Switch } from '@mantine/core';
import { type DragEvent, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Progress as Sent } from '@/api/client.ts';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMe } from '@/shared/me/queries.ts';
import { useCurrencies, useZones } from '@/shared/ui/choices.ts';
import { FileDrawing } from '@/shared/ui/drawings.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { fields, headingsOf, kindOf, kinds } from './columns.ts';
import classes from './Import.module.css';
import { useStartImport } from './queries.ts';

/** Choose a file, say what it holds, and go. Separator, encoding and headings are found out by the server. */
export function NewImportDrawer({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation('import');
  const { t: shared } = useTranslation('shared');
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size={480}
      title={<strong>{t('new')}</strong>}
      closeButtonProps={{ 'aria-label': shared('action.close') }}
    >
      <Form onDone={onClose} />
    </Drawer>
  );
}

function Form({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation('import');
  const f = useFormat();
  const text = useProblemText();
  const me = useMe();
  const currencies = useCurrencies();
  const zones = useZones();
  const [file, setFile] = useState<File>();
  const [headings, setHeadings] = useState<string[]>([]);
  const [kind, setKind] = useState('orders');
  const [dryRun, setDryRun] = useState(false);
  const [currency, setCurrency] = useState(me?.shop?.currency ?? '');
  const [zone, setZone] = useState(me?.shop?.zone ?? '');
  const [mapping, setMapping] = useState<Record<string, string>>({});
  const [sent, setSent] = useState<Sent>();
  const start = useStartImport(setSent);

  const choose = async (chosen: File | undefined) => {
    if (!chosen) return;
    setFile(chosen);
    setMapping({});
    const found = headingsOf(await chosen.slice(0, 64 * 1024).text());
    setHeadings(found);
    const guess = kindOf(chosen.name, found);
    if (guess) setKind(guess);
  };

  const go = () => {
    if (!file) return;
    const chosen = Object.fromEntries(Object.entries(mapping).filter(([, column]) => column));
    start.mutate({ file, kind, dryRun, currency, zone, mapping: chosen }, { onSuccess: onDone });
  };

  return (
    <div className={classes.form}>
      <DropField file={file} choose={choose} />
      <Select
        label={t('form.kind')}
        data={kinds.map((k) => ({ value: k, label: t(`kind.${k as 'orders'}`) }))}
        value={kind}
        onChange={(k) => k && setKind(k)}
        description={t(`kindHelp.${kind as 'orders'}`)}
      />
      {kind !== 'customers' && (
        <Select
          label={t('form.currency')}
          description={t('form.currencyHelp')}
          searchable
          data={currencies}
          value={currency}
          onChange={(v) => setCurrency(v ?? '')}
        />
      )}
      {kind !== 'products' && (
        <Select
          label={t('form.zone')}
          description={t('form.zoneHelp')}
          searchable
          limit={60}
          data={zones}
          value={zone}
          onChange={(v) => setZone(v ?? '')}
        />
      )}
      {headings.length > 0 && (
        <details className={classes.mapping}>
          <summary>{t('form.mapping')}</summary>
          <p className="small dim">{t('form.mappingHelp')}</p>
          <div className={classes.fields}>
            {fields[kind]?.map((field) => (
              <Select
                key={field}
                label={t(`field.${field as 'email'}`)}
                data={headings.filter((h, n) => headings.indexOf(h) === n)}
                value={mapping[field] ?? null}
                placeholder={t('form.automatic')}
                clearable
                onChange={(v) => setMapping((m) => ({ ...m, [field]: v ?? '' }))}
              />
            ))}
          </div>
        </details>
      )}
      <Switch
        label={t('form.dryRun')}
        description={t('form.dryRunHelp')}
        checked={dryRun}
        onChange={(e) => setDryRun(e.currentTarget.checked)}
      />
      {start.isPending && sent && (
        <div className={classes.progress}>
          <Progress value={(sent.sent / Math.max(1, sent.total)) * 100} aria-label={t('form.sending')} />
          <p className="small dim">{t('form.sent', { sent: f.bytes(sent.sent), total: f.bytes(sent.total) })}</p>
        </div>
      )}
      {start.error && (
        <p className={classes.trouble} role="alert">
          {text(start.error)}
        </p>
      )}
      <Button onClick={go} disabled={!file} loading={start.isPending}>
        {dryRun ? t('form.try') : t('form.go')}
      </Button>
    </div>
  );
}

function DropField({ file, choose }: { file: File | undefined; choose: (f: File | undefined) => void }) {
  const { t } = useTranslation('import');
  const f = useFormat();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(false);
    choose(e.dataTransfer.files[0]);
  };
  return (
    <>
      <button
        type="button"
        className={classes.drop}
        data-over={over || undefined}
        onClick={() => input.current?.click()}
        onDragOver={(e) => {
          e.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        <span className={classes.drawing}>
          <FileDrawing />
        </span>
        {file ? (
          <>
            <strong dir="auto">{file.name}</strong>
            <span className="small dim">{f.bytes(file.size)}</span>
          </>
        ) : (
          <>
            <strong>{t('form.choose')}</strong>
            <span className="small dim">{t('form.chooseHelp')}</span>
          </>
        )}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={t('form.choose')}
        accept=".csv,.tsv,.txt,.jsonl,.ndjson,.json,text/csv"
        onChange={(e) => choose(e.currentTarget.files?.[0])}
      />
    </>
  );
}
