/** Times in milliseconds, cls without a unit. Figures that the browser does not give are missing. */
export interface Vitals {
  lcp?: number;
  cls?: number;
  inp?: number;
  fcp?: number;
  ttfb?: number;
}

/** Cumulative layout shift: the worst stretch of shifts that lie less than 1 s apart and within 5 s. Give each shift, get the worst so far. */
export function layoutShifts(): (value: number, at: number) => number {
  let worst = 0;
  let sum = 0;
  let first = 0;
  let last = Number.NEGATIVE_INFINITY;
  return (value, at) => {
    if (at - last > 1e3 || at - first > 5e3) {
      sum = 0;
      first = at;
    }
    last = at;
    sum += value;
    worst = Math.max(worst, sum);
    return worst;
  };
}

/** Interaction to next paint: the longest interaction, leaving out one for every fifty. */
export function slowInteraction(longest: Map<number, number>, interactions: number): number | undefined {
  const sorted = [...longest.values()].sort((a, b) => b - a);
  return sorted[Math.min(sorted.length - 1, Math.floor(interactions / 50))];
}

interface Entry extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
  interactionId: number;
  responseStart: number;
  activationStart?: number;
}

/** Begins to measure; the function gives the figures so far. */
export function watchVitals(): () => Vitals {
  const out: Vitals = {};
  const shifts = layoutShifts();
  const longest = new Map<number, number>();
  const pending: (() => void)[] = [];
  const nav = performance.getEntriesByType?.('navigation')[0] as Entry | undefined;
  const start = nav?.activationStart ?? 0;
  const since = (t: number) => Math.round(Math.max(0, t - start));
  const observe = (type: string, hear: (e: Entry) => void) => {
    try {
      const all = (list: PerformanceEntry[]) => {
        for (const e of list) hear(e as Entry);
      };
      const o = new PerformanceObserver((list) => all(list.getEntries()));
      o.observe({ type, buffered: true, durationThreshold: 40 } as PerformanceObserverInit);
      pending.push(() => all(o.takeRecords()));
    } catch {
      // This browser does not measure it.
    }
  };
  if (nav?.responseStart) out.ttfb = since(nav.responseStart);
  // A page that was opened in the background painted when somebody looked, which says nothing about its speed.
  if (document.visibilityState !== 'hidden') {
    observe('paint', (e) => {
      if (e.name === 'first-contentful-paint') out.fcp = since(e.startTime);
    });
    observe('largest-contentful-paint', (e) => {
      out.lcp = since(e.startTime);
    });
  }
  observe('layout-shift', (e) => {
    if (!e.hadRecentInput) out.cls = Math.round(shifts(e.value, e.startTime) * 1e4) / 1e4;
  });
  const interaction = (e: Entry) => {
    if (e.interactionId) longest.set(e.interactionId, Math.max(e.duration, longest.get(e.interactionId) ?? 0));
  };
  observe('event', interaction);
  observe('first-input', interaction);
  return () => {
    for (const read of pending) read();
    out.inp = slowInteraction(longest, (performance as { interactionCount?: number }).interactionCount ?? longest.size);
    // No shift seen by a browser that would have seen it is the best value, not a missing one.
    if (PerformanceObserver.supportedEntryTypes?.includes('layout-shift')) out.cls ??= 0;
    return out;
  };
}
