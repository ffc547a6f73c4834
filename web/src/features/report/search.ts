import type { PresetKey } from './period.ts';

export interface OverviewSearch {
  period?: PresetKey;
  from?: string;
  until?: string;
  compare?: 'year';
  figure?: string;
}

const presets = ['7d', '28d', '90d', 'month', 'lastMonth', 'year', 'custom'];
const day = /^\d{4}-\d{2}-\d{2}$/;

export function overviewSearch(s: Record<string, unknown>): OverviewSearch {
  return {
    ...(presets.includes(s.period as string) ? { period: s.period as PresetKey } : {}),
    ...(day.test(String(s.from)) ? { from: String(s.from) } : {}),
    ...(day.test(String(s.until)) ? { until: String(s.until) } : {}),
    ...(s.compare === 'year' ? { compare: 'year' as const } : {}),
    ...(typeof s.figure === 'string' ? { figure: s.figure } : {}),
  };
}
