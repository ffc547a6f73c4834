import { Button, Select } from '@mantine/core';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay } from '@/shared/me/queries.ts';
import { useCurrencies, useZones } from '@/shared/ui/choices.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { useProblemText } from '@/shared/ui/problemText.ts';
import { Bones, NoPermission, Problem, Waiting } from '@/shared/ui/states.tsx';
import { ColumnsTable } from './ColumnsTable.tsx';
import { kinds } from './columns.ts';
import classes from './Import.module.css';
import { ImportCard } from './ImportCard.tsx';
import { PreviewView } from './PreviewView.tsx';
import { type Plan, useChange, useImport, useImportAct, usePlan, usePreview, useStart } from './queries.ts';

/** One import: as a draft the wizard's steps, afterwards how far it is. */
export function ImportPage() {
  const { t } = useTranslation('import');
  const { importId } = useParams({ strict: false }) as { importId: string };
  const may = useMay();
  const found = useImport(importId);
  const plan = usePlan(importId, found.data?.status === 'draft');
  const title = found.data?.name ?? t('title');
  const above = <Link to="/imports">{t('title')}</Link>;
  if (!may('import.run')) {
    return (
      <Page title={t('title')}>
        <NoPermission />
      </Page>
    );
  }
  const error = found.error ?? plan.error;
  return (
    <Page title={title} heading={<bdi>{title}</bdi>} above={above} narrow>
      {error ? (
        <Problem error={error} retry={() => (found.error ? found.refetch() : plan.refetch())} />
      ) : found.data && found.data.status !== 'draft' ? (
        <ImportCard start={found.data} />
      ) : plan.data ? (
        <Wizard plan={plan.data} />
      ) : (
        <Waiting>
          <Bones rows={6} />
        </Waiting>
      )}
    </Page>
  );
}

function Wizard({ plan }: { plan: Plan }) {
  const { t } = useTranslation('import');
  const text = useProblemText();
  const navigate = useNavigate();
  const id = plan.import.id;
  const change = useChange(id);
  const preview = usePreview(id);
  const start = useStart(id);
  const discard = useImportAct('discard');
  const correct: typeof change.mutate = (body, options) => {
    preview.reset();
    change.mutate(body, options);
  };
  const ready = !plan.problem && plan.missing.length === 0;
  const error = change.error ?? preview.error ?? start.error ?? discard.error;
  return (
    <div className={classes.wizard}>
      <section className={`card ${classes.step}`} aria-labelledby="import-what">
        <h2 id="import-what">{t('step.what')}</h2>
        <p className="small dim">{t('step.whatHelp')}</p>
        <What plan={plan} correct={correct} />
        {plan.import.kind === 'web_logs' ? (
          <p className="small">{t('logsNote')}</p>
        ) : (
          <ColumnsTable plan={plan} correct={(mapping) => correct({ mapping })} busy={change.isPending} />
        )}
        <Missing plan={plan} />
      </section>
      <section className={`card ${classes.step}`} aria-labelledby="import-preview">
        <h2 id="import-preview">{t('step.preview')}</h2>
        <p className="small dim">{t('step.previewHelp')}</p>
        <div className={classes.foot}>
          <Button
            variant={preview.data ? 'default' : 'filled'}
            disabled={!ready}
            loading={preview.isPending}
            onClick={() => preview.mutate()}
          >
            {t('preview.act')}
          </Button>
        </div>
        {preview.data && <PreviewView preview={preview.data} />}
      </section>
      {error && (
        <p className={classes.trouble} role="alert">
          {text(error)}
        </p>
      )}
      <footer className={classes.foot}>
        <Button
          disabled={!ready}
          variant={preview.data ? 'filled' : 'default'}
          loading={start.isPending}
          onClick={() => start.mutate(plan.import.updated_at, { onError: () => preview.reset() })}
        >
          {t('start')}
        </Button>
        <Button
          variant="default"
          loading={discard.isPending}
          onClick={() => discard.mutate(id, { onSuccess: () => navigate({ to: '/imports' }) })}
        >
          {t('discard')}
        </Button>
        <span className="small dim">{t('later')}</span>
      </footer>
    </div>
  );
}

function What({ plan, correct }: { plan: Plan; correct: ReturnType<typeof useChange>['mutate'] }) {
  const { t } = useTranslation('import');
  const f = useFormat();
  const currencies = useCurrencies();
  const zones = useZones();
  const i = plan.import;
  const kind = i.kind;
  return (
    <div className={classes.fields}>
      <Select
        label={t('form.kind')}
        allowDeselect={false}
        data={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))}
        value={kind}
        onChange={(k) => k && k !== kind && correct({ kind: k as (typeof kinds)[number] })}
        description={t(`kindHelp.${kind as 'orders'}`)}
      />
      {kind !== 'customers' && kind !== 'web_logs' && (
        <Select
          label={t('form.currency')}
          description={t('form.currencyHelp')}
          searchable
          allowDeselect={false}
          data={currencies}
          value={i.currency}
          onChange={(v) => v && correct({ currency: v })}
        />
      )}
      {kind !== 'products' && (
        <Select
          label={t('form.zone')}
          description={t('form.zoneHelp')}
          searchable
          limit={60}
          allowDeselect={false}
          data={zones}
          value={i.zone}
          onChange={(v) => v && correct({ zone: v })}
        />
      )}
      <p className="small dim">{f.bytes(i.total_bytes)}</p>
    </div>
  );
}

function Missing({ plan }: { plan: Plan }) {
  const { t } = useTranslation('import');
  const name = (field: string) => t(`field.${field as 'email'}`);
  if (plan.missing.length === 0 && !plan.problem) return null;
  return (
    <div className={classes.trouble} role="alert">
      {plan.missing.map((group) => (
        <p key={group.join()}>{t('missing', { fields: group.map(name).join(t('or')) })}</p>
      ))}
      {plan.problem && (
        <p lang="en" dir="auto">
          {plan.problem}
        </p>
      )}
    </div>
  );
}
