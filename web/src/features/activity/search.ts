const tabs = ['debug', 'find', 'refused', 'dictionary'] as const;
const verdicts = ['accepted', 'duplicate', 'refused'] as const;
const shows = ['new', 'expected', 'unexpected', 'ruled', 'alike', 'silent'] as const;
const sorts = ['name', 'events', 'first_seen', 'last_seen'] as const;

export interface EventSearch {
  tab?: (typeof tabs)[number];
  name?: string;
  message?: string;
  /** Debugger: whose events. */
  person?: string;
  source?: string;
  verdict?: (typeof verdicts)[number];
  /** Refused: the reason's code. */
  code?: string;
  /** Dictionary. */
  search?: string;
  show?: (typeof shows)[number];
  sort?: (typeof sorts)[number];
  entry?: string;
}

function oneOf<T extends string>(list: readonly T[], value: unknown): T | undefined {
  return list.find((v) => v === value);
}

export function eventSearch(s: Record<string, unknown>): EventSearch {
  const out: EventSearch = {};
  const tab = oneOf(tabs, s.tab);
  if (tab) out.tab = tab;
  for (const key of ['name', 'message', 'person', 'source', 'code', 'search', 'entry'] as const) {
    const v = typeof s[key] === 'number' ? String(s[key]) : s[key];
    if (typeof v === 'string' && v) out[key] = v;
  }
  const verdict = oneOf(verdicts, s.verdict);
  if (verdict) out.verdict = verdict;
  const show = oneOf(shows, s.show);
  if (show) out.show = show;
  const sort = oneOf(sorts, s.sort);
  if (sort) out.sort = sort;
  return out;
}
