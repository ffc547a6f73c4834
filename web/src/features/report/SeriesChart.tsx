import { useMantineColorScheme } from '@mantine/core';
import type { ECharts } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '@/shared/format/useFormat.ts';
import { languageOf } from '@/shared/i18n/languages.ts';
import { Bone, Waiting } from '@/shared/ui/states.tsx';
import { type FigureKey, pointOf } from './figures.ts';
import classes from './Overview.module.css';
import type { Overview } from './queries.ts';

interface Props {
  overview: Overview;
  figure: FigureKey;
  money: boolean;
}

type Module = typeof import('./chart.ts');

/** The chosen figure day by day, over the period before as a dashed line. */
export function SeriesChart({ overview, figure, money }: Props) {
  const { t, i18n } = useTranslation('report');
  const f = useFormat();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<ECharts>(undefined);
  const [module, setModule] = useState<Module>();
  const { colorScheme } = useMantineColorScheme();
  const rtl = languageOf(i18n.language).dir === 'rtl';

  useEffect(() => {
    let here = true;
    // Letters are measured when the chart is drawn, so its font has to be here first.
    Promise.all([import('./chart.ts'), document.fonts.ready]).then(([m]) => here && setModule(m));
    return () => {
      here = false;
    };
  }, []);

  useEffect(() => {
    const el = box.current;
    if (!module || !el) return;
    const c = module.open(el);
    chart.current = c;
    const watch = new ResizeObserver(() => c.resize());
    watch.observe(el);
    return () => {
      watch.disconnect();
      c.dispose();
      chart.current = undefined;
    };
  }, [module]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the scheme changes the colours that are read from the page
  useEffect(() => {
    if (!module || !chart.current) return;
    const series = overview.series ?? [];
    const previous = overview.previous_series ?? [];
    const currency = overview.revenue.currency;
    const exact = (n: number | undefined) =>
      n === undefined ? '–' : money ? f.money({ amount: String(Math.round(n * 100) / 100), currency }) : f.number(n);
    module.draw(chart.current, {
      days: series.map((p) => p.day),
      now: series.map((p) => pointOf(p, figure) ?? null),
      before: series.map((_, i) => (previous[i] ? (pointOf(previous[i], figure) ?? null) : null)),
      day: (day) => f.dayShort(day),
      value: (n) => (money ? f.moneyCompact({ amount: String(n), currency }) : f.compact(n)),
      tip: (i) => {
        const now = series[i];
        const then = previous[i];
        if (!now) return '';
        const row = (day: string, n: number | undefined, dot: string) =>
          `<div class="${classes.tip}" dir="${rtl ? 'rtl' : 'ltr'}"><span class="${dot}"></span><span>${f.day(day)}</span><strong>${exact(n)}</strong></div>`;
        return (
          row(now.day, pointOf(now, figure), classes.dotNow ?? '') +
          (then ? row(then.day, pointOf(then, figure), classes.dotBefore ?? '') : '')
        );
      },
      names: [t(`figure.${figure}`), t('compare.before')],
      rtl,
    });
  }, [module, overview, figure, money, f, rtl, t, colorScheme]);

  return (
    <div className={classes.chart}>
      {!module && (
        <Waiting>
          <Bone height={240} />
        </Waiting>
      )}
      <div ref={box} className={classes.canvas} role="img" aria-label={t('chart.label', { figure: t(`figure.${figure}`) })} dir="ltr" />
    </div>
  );
}
