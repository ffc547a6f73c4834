/**
 * The page tracker, served at /t.js. It starts by itself where its script tag has data-key, else by init. Calls made before that wait in the
 * list that the page made under the same name: each [method, ...arguments], as the snippet writes them.
 */
import { calls } from './methods.ts';
import type { Options } from './options.ts';
import { createTracker, helpers, type Tracker } from './tracker.ts';

type Call = unknown[] & { t?: number };
type Method = (...args: unknown[]) => unknown;

const script = (document.currentScript ?? document.querySelector('script[data-key]')) as HTMLScriptElement | null;
const data: Options = { ...script?.dataset };
const name = data.global ?? 'rapport';
const page = window as unknown as Record<string, unknown>;
const before = page[name] as Call[] | undefined;

/** Nothing of the tracker may disturb the page. */
const guarded =
  (run: Method): Method =>
  (...args) => {
    try {
      return run(...args);
    } catch (e) {
      if (data.debug) console.warn('rapport:', e);
    }
  };

let tracker: Tracker | undefined;
const waiting: Call[] = [];

const start = (given?: Options) => {
  const o = { ...data, ...given };
  if (tracker || !o.key) return;
  if (given?.debug) data.debug = given.debug;
  const host = (o.host ?? new URL('.', script?.src || location.href).href).replace(/\/$/, '');
  const views = waiting.some((c) => c[0] === 'page');
  const now = Date.now();
  tracker = createTracker({ ...o, key: o.key, host }, views ? 0 : Math.min(waiting[0]?.t ?? now, now));
  for (const event of ['pagehide', 'visibilitychange']) {
    addEventListener(
      event,
      guarded(() => {
        if (event === 'pagehide' || document.visibilityState === 'hidden') tracker?.leave();
      }),
      true,
    );
  }
  for (const c of waiting.splice(0)) dispatch(c);
};

const dispatch = guarded((call) => {
  const c = call as Call;
  const [method, ...args] = c as [string, ...unknown[]];
  if (method === 'init') return start(args[0] as Options);
  if (!tracker) {
    c.t ??= Date.now();
    waiting.push(c);
    return;
  }
  const t = tracker;
  let out: unknown;
  t.at(c.t ?? 0, () => {
    out = ({ ...t, ...extra } as unknown as Record<string, Method>)[method]?.(...args);
  });
  return out;
});

const extra = helpers((...args) => tracker?.track(...(args as [string])));
const live: Record<string, Method> = {
  push: (...list) => {
    for (const c of list) dispatch(c);
  },
};
for (const method of [...calls, 'anonymousId', ...Object.keys(extra)]) live[method] = (...args) => dispatch([method, ...args]);

const begin = guarded(() => {
  if (before && !Array.isArray(before)) return; // loaded twice, or the name is taken
  page[name] = live;
  if (before) {
    // All of them before the start, which asks whether one tells of the page view.
    waiting.push(...before.splice(0));
    // Who holds on to the list calls us by it.
    before.push = live.push as Call[]['push'];
  }
  const init = waiting.findIndex((c) => c[0] === 'init');
  start(init < 0 ? undefined : (waiting.splice(init, 1)[0]?.[1] as Options));
});

const d = document as Document & { prerendering?: boolean };
if (d.prerendering) d.addEventListener('prerenderingchange', begin, { once: true });
else begin();
