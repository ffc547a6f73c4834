import { useMantineColorScheme } from '@mantine/core';
import type { ECharts } from 'echarts/core';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../format/useFormat.ts';
import { languageOf } from '../i18n/languages.ts';
import { Bone, Waiting } from '../ui/states.tsx';
import classes from './LineChart.module.css';

type Module = typeof import('./chart.ts');

export interface Point {
  day: string;
  value: number | null;
}

interface Props {
  label: string;
  now: Point[];
  /** The period before, day by day. */
  before?: Point[];
  /** What the two lines are called. */
  names: [string, string];
  /** A number of the axis, short. */
  short: (n: number) => string;
  /** A number in the box under the pointer. */
  exact: (n: number | undefined) => string;
}

/** A figure day by day, over the period before as a dashed line. */
export function LineChart({ label, now, before, names, short, exact }: Props) {
  const { i18n } = useTranslation();
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
    module.draw(chart.current, {
      days: now.map((p) => p.day),
      now: now.map((p) => p.value),
      before: now.map((_, i) => before?.[i]?.value ?? null),
      day: (day) => f.dayShort(day),
      value: short,
      tip: (i) => {
        const here = now[i];
        const then = before?.[i];
        if (!here) return '';
        const row = (p: Point, dot: string) =>
          `<div class="${classes.tip}" dir="${rtl ? 'rtl' : 'ltr'}"><span class="${dot}"></span><span>${f.day(p.day)}</span><strong>${exact(p.value ?? undefined)}</strong></div>`;
        return row(here, classes.dotNow ?? '') + (then ? row(then, classes.dotBefore ?? '') : '');
      },
      names,
      rtl,
    });
  }, [module, now, before, names, short, exact, f, rtl, colorScheme]);

  return (
    <div className={classes.chart}>
      {!module && (
        <Waiting>
          <Bone height={240} />
        </Waiting>
      )}
      <div ref={box} className={classes.canvas} role="img" aria-label={label} dir="ltr" />
    </div>
  );
}
