import { LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, TooltipComponent } from 'echarts/components';
import { type ECharts, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

// The one place that knows ECharts; it is a chunk of its own and comes when a chart is drawn.
use([LineChart, GridComponent, TooltipComponent, AriaComponent, SVGRenderer]);

export interface Drawing {
  days: string[];
  now: (number | null)[];
  before: (number | null)[];
  /** A label of the axis below. */
  day: (day: string) => string;
  /** What stands in the box under the pointer. */
  tip: (index: number) => string;
  value: (n: number) => string;
  names: [string, string];
  rtl: boolean;
}

export function open(el: HTMLElement): ECharts {
  return init(el, undefined, { renderer: 'svg' });
}

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

export function draw(chart: ECharts, d: Drawing): void {
  const ink = token('--ink-3');
  const accent = token('--chart-1');
  const before = token('--chart-before');
  // Letters are measured on a canvas, which knows no variables.
  const family = getComputedStyle(document.body).fontFamily;
  const font = { fontFamily: family, fontSize: 12, color: ink };
  // The drawing reads from the left; a label in between reads by its own script.
  const apart = (label: string) => (d.rtl ? `\u2067${label}\u2069` : label);
  chart.setOption(
    {
      animationDuration: matchMedia('(prefers-reduced-motion: reduce)').matches ? 0 : 160,
      animationDurationUpdate: 120,
      aria: { enabled: false },
      grid: { top: 12, bottom: 6, left: d.rtl ? 24 : 4, right: d.rtl ? 4 : 24, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
      xAxis: {
        type: 'category',
        data: d.days,
        inverse: d.rtl,
        boundaryGap: false,
        axisLine: { lineStyle: { color: token('--line-strong') } },
        axisTick: { show: false },
        axisLabel: { ...font, formatter: (day: string) => apart(d.day(day)), hideOverlap: true, margin: 10 },
      },
      yAxis: {
        type: 'value',
        position: d.rtl ? 'right' : 'left',
        min: 0,
        splitNumber: 4,
        axisLabel: { ...font, formatter: (n: number) => apart(d.value(n)) },
        splitLine: { lineStyle: { color: token('--chart-grid') } },
      },
      tooltip: {
        trigger: 'axis',
        confine: true,
        transitionDuration: 0,
        backgroundColor: token('--surface'),
        borderColor: token('--line'),
        padding: 12,
        textStyle: { color: token('--ink'), fontFamily: family, fontSize: 13 },
        extraCssText: 'box-shadow: var(--shadow-2); border-radius: 8px;',
        axisPointer: { lineStyle: { color: token('--line-strong') } },
        formatter: (items: { dataIndex: number }[]) => d.tip(items[0]?.dataIndex ?? 0),
      },
      series: [
        {
          name: d.names[1],
          type: 'line',
          data: d.before,
          symbol: 'none',
          lineStyle: { color: before, width: 1.5, type: [4, 4] },
          itemStyle: { color: before },
          silent: true,
          z: 1,
        },
        {
          name: d.names[0],
          type: 'line',
          data: d.now,
          symbol: 'circle',
          symbolSize: 7,
          showSymbol: d.days.length < 2,
          lineStyle: { color: accent, width: 2 },
          itemStyle: { color: accent },
          areaStyle: { color: accent, opacity: 0.07 },
          z: 2,
        },
      ],
    },
    { notMerge: true },
  );
}
