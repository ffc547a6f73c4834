import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { useMay, useMe } from '@/shared/me/queries.ts';
import { Card } from '@/shared/ui/Card.tsx';
import { ChartDrawing } from '@/shared/ui/drawings.tsx';
import { IconAlertTriangle, IconChartLine, IconTable } from '@/shared/ui/icons.ts';
import { Page } from '@/shared/ui/Page.tsx';
import { Bone, Empty, Loaded, NoPermission } from '@/shared/ui/states.tsx';
import { FigureDrawer } from './FigureDrawer.tsx';
import { FigureStrip } from './FigureStrip.tsx';
import { type FigureKey, figures } from './figures.ts';
import { LivePanel } from './LivePanel.tsx';
import classes from './Overview.module.css';
import { PeriodPicker } from './PeriodPicker.tsx';
import { type Period, periodBefore, presetPeriod, todayIn, yearUpTo } from './period.ts';
import { type Overview, useNewestOrder, useOverview } from './queries.ts';
import { SeriesChart } from './SeriesChart.tsx';
import { SeriesTable } from './SeriesTable.tsx';
import type { OverviewSearch } from './search.ts';
import { TopProducts } from './TopProducts.tsx';

/** Home: how the business does, now and against before. */
export function OverviewPage() {
  const { t } = useTranslation('report');
  const may = useMay();
  if (may('report.read')) return <Business />;
  return (
    <Page title={t('title')}>
      {may('activity.read') ? (
        <div className={classes.alone}>
          <LivePanel />
        </div>
      ) : (
        <NoPermission />
      )}
    </Page>
  );
}

function Business() {
  const { t } = useTranslation('report');
  const f = useFormat();
  const me = useMe();
  const may = useMay();
  const navigate = useNavigate({ from: '/' });
  const search = useSearch({ from: '/inside/' });
  const preset = search.period ?? '28d';
  const today = useMemo(() => todayIn(f.zone), [f.zone]);
  const period: Period = useMemo(
    () =>
      preset === 'custom' && search.from && search.until && search.from <= search.until
        ? { from: search.from, until: search.until }
        : presetPeriod(preset, f.calendar, today),
    [preset, search.from, search.until, f.calendar, today],
  );
  const compare = search.compare ?? 'previous';
  const query = useOverview(period, compare);
  // Whoever begins with his old orders has them outside the last days.
  const without = query.data?.orders === 0;
  const newest = useNewestOrder(without && may('order.read'));
  const newestDay = newest.data && f.dayKey(newest.data);
  const elsewhere = without && newestDay && (newestDay < period.from || newestDay > period.until) ? newestDay : undefined;
  const figure = figures.find((x) => x.key === search.figure) ?? figures[0];
  const [explained, explain] = useState<FigureKey>();
  const change = (next: OverviewSearch) => navigate({ search: (s) => ({ ...s, ...next }), replace: true, resetScroll: false });

  return (
    <Page
      title={t('title')}
      heading={me?.shop?.name ? <bdi>{me.shop.name}</bdi> : undefined}
      actions={
        <PeriodPicker
          preset={preset}
          period={period}
          compare={compare}
          onPreset={(key) => change({ period: key, from: undefined, until: undefined })}
          onCustom={(p) => change({ period: 'custom', from: p.from, until: p.until })}
          onCompare={(c) => change({ compare: c === 'year' ? 'year' : undefined })}
        />
      }
    >
      <Loaded query={query} waiting={<Skeleton />}>
        {(data) =>
          nothingYet(data) && newest.isLoading ? (
            <Skeleton />
          ) : nothingYet(data) && !newestDay ? (
            <>
              <Card>
                <Empty
                  title={t('empty.title')}
                  drawing={<ChartDrawing />}
                  action={
                    <div className={classes.begin}>
                      {may('apikey.write') && (
                        <Button component={Link} to="/settings/sources">
                          {t('empty.connect')}
                        </Button>
                      )}
                      {may('import.run') && (
                        <Button component={Link} to="/imports" variant="default">
                          {t('empty.import')}
                        </Button>
                      )}
                    </div>
                  }
                >
                  {t('empty.help')}
                </Empty>
              </Card>
              {may('activity.read') && <LivePanel />}
            </>
          ) : (
            <div className={classes.home} data-old={query.isPlaceholderData || undefined}>
              <FigureStrip
                overview={data}
                chosen={figure?.key ?? 'revenue'}
                choose={(key) => change({ figure: key === 'revenue' ? undefined : key })}
                explain={explain}
              />
              {elsewhere && <Elsewhere day={elsewhere} show={() => change({ period: 'custom', ...yearUpTo(elsewhere) })} />}
              {data.unconverted_orders > 0 && <Unconverted count={data.unconverted_orders} />}
              <div className={classes.grid}>
                <div className={classes.main}>
                  {figure && <Series data={data} figure={figure} period={period} compare={compare} />}
                  <TopProducts products={data.top_products} />
                </div>
                {may('activity.read') && <LivePanel />}
              </div>
            </div>
          )
        }
      </Loaded>
      <FigureDrawer figure={explained} period={period} onClose={() => explain(undefined)} />
    </Page>
  );
}

/** A shop that has never had anything: one says how to begin instead of showing zeros. */
function nothingYet(o: Overview): boolean {
  return o.orders === 0 && o.sessions === 0 && o.events === 0 && (o.previous?.orders ?? 0) === 0 && (o.previous?.events ?? 0) === 0;
}

/** Zeros would look like a failed import; the orders lie on other days. */
function Elsewhere({ day, show }: { day: string; show: () => void }) {
  const { t } = useTranslation('report');
  const f = useFormat();
  return (
    <p className={classes.hint} role="status">
      {t('elsewhere', { day: f.dayRange(day, day) })}
      <Button size="compact-sm" variant="default" onClick={show}>
        {t('elsewhereShow')}
      </Button>
    </p>
  );
}

function Unconverted({ count }: { count: number }) {
  const { t } = useTranslation('report');
  return (
    <p className={classes.warning} role="status">
      <IconAlertTriangle size={16} aria-hidden />
      <span>
        {t('unconverted', { count })} <Link to="/settings/rates">{t('unconvertedFix')}</Link>
      </span>
    </p>
  );
}

interface SeriesProps {
  data: Overview;
  figure: (typeof figures)[number];
  period: Period;
  compare: 'previous' | 'year';
}

function Series({ data, figure, period, compare }: SeriesProps) {
  const { t } = useTranslation('report');
  const f = useFormat();
  const [asTable, setAsTable] = useState(false);
  const before = periodBefore(period, compare);
  const label = asTable ? t('chart.asChart') : t('chart.asTable');
  return (
    <Card
      title={t(`figure.${figure.key}`)}
      actions={
        <>
          <span className={classes.legend}>
            <span className={classes.dotNow} />
            {f.dayRange(period.from, period.until)}
          </span>
          <span className={classes.legend}>
            <span className={classes.dotBefore} />
            {f.dayRange(before.from, before.until)}
          </span>
          <Tooltip label={label}>
            <ActionIcon aria-label={label} onClick={() => setAsTable(!asTable)}>
              {asTable ? <IconChartLine size={16} /> : <IconTable size={16} />}
            </ActionIcon>
          </Tooltip>
        </>
      }
    >
      {asTable ? (
        <SeriesTable overview={data} figure={figure.key} money={figure.money} />
      ) : (
        <SeriesChart overview={data} figure={figure.key} money={figure.money} />
      )}
    </Card>
  );
}

function Skeleton() {
  return (
    <div className={classes.home} aria-hidden>
      <div className={classes.strip}>
        {figures.map((x) => (
          <div key={x.key} className={classes.figure}>
            <div className={classes.figureButton}>
              <Bone width="60%" />
              <Bone width="80%" height={26} />
              <Bone width="45%" />
            </div>
          </div>
        ))}
      </div>
      <div className={classes.grid}>
        <div className={`card ${classes.hole}`} />
        <div className={`card ${classes.hole}`} />
      </div>
    </div>
  );
}
