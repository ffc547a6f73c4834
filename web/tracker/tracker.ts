import { type Box, createBox } from './box.ts';
import { campaignOf, type PageInfo, pageInfo, uuid } from './context.ts';
import { getCookie, setCookie } from './cookie.ts';
import { methodOf, shopping } from './methods.ts';
import type { Options, TrackedEvent } from './options.ts';
import { createQueue, sizeOf } from './queue.ts';
import { createSender } from './sender.ts';
import { watchViews } from './views.ts';
import { watchVitals } from './vitals.ts';

type Properties = Record<string, unknown>;
type Maybe<T> = T | undefined;

/** What the server takes of one event; more would make it refuse the event. */
const MOST = 32000;

const ID = 'rapport_id';
const USER = 'rapport.user';
const CONSENT = 'rapport_consent';

const isObject = (x: unknown): x is Properties => typeof x === 'object' && x !== null;

/** Whether the browser says that its user does not want this. */
function objects(o: Options): boolean {
  const n = navigator as { globalPrivacyControl?: boolean; doNotTrack?: string | null };
  const dnt = n.doNotTrack ?? (window as { doNotTrack?: string }).doNotTrack;
  return (o.gpc !== 'ignore' && n.globalPrivacyControl === true) || (o.dnt !== 'ignore' && dnt === '1');
}

/** Removes what the tracker keeps, except the decision itself. */
function forget(boxes: Box[], domain?: string): void {
  for (const b of boxes) for (const k of b.keys()) if (/^rapport[._]/.test(k) && k !== CONSENT) b.remove(k);
  setCookie(ID, '', domain);
}

export type Tracker = ReturnType<typeof createTracker>;

/** Starts tracking. begun is when the page view that is told of first took place; 0 where the page itself tells of its view. */
export function createTracker(o: Options & { key: string; host: string }, begun: number) {
  const storage = () => (o.storage === 'none' ? undefined : localStorage);
  const decisions = createBox(storage);
  const blocked = objects(o);
  const decided = () => (o.storage === 'none' ? undefined : getCookie(CONSENT)) ?? decisions.get(CONSENT);
  /** undefined: not yet, ask again later. */
  const allowed = (): Maybe<boolean> => {
    const d = decided();
    return blocked || d === '0' ? false : d === '1' || !o.consent || undefined;
  };
  const box = createBox(() => (allowed() ? storage() : undefined));
  const note = (...what: unknown[]) => {
    if (o.debug) console.info('rapport:', ...what);
  };

  const knownId = () => (allowed() && o.storage !== 'none' ? getCookie(ID) : undefined) ?? box.get(ID);
  const keepId = (id: string) => {
    box.set(ID, id);
    if (allowed() && o.storage !== 'none') setCookie(ID, id, o.domain);
    return id;
  };
  const anonymousId = () => knownId() ?? keepId(uuid());

  const queue = createQueue(box, o.key, Date.now());
  const sender = createSender({ queue, box, url: `${o.host}/v1/batch`, writeKey: o.key, may: allowed });

  /** When the call being worked on was made; 0: now. */
  let calledAt = 0;
  let last = 0;
  const emit: typeof put = (...args) => {
    try {
      put(...args);
    } catch (e) {
      note(e);
    }
  };
  const put = (type: TrackedEvent['type'], fields: Partial<TrackedEvent>, page: PageInfo = here(), when = calledAt, once?: boolean) => {
    const may = allowed();
    if (may === false || (!may && o.consent === 'drop')) return;
    views?.flush(); // the view of a page comes before what happens on it
    let at = when || Date.now();
    // Two events of a page never have the same time, so their order is known.
    if (at <= last && at > last - 1e3) at = last + 1;
    last = Math.max(at, last);
    const event: TrackedEvent = {
      type,
      messageId: uuid(),
      timestamp: new Date(at).toISOString(),
      anonymousId: anonymousId(),
      userId: box.get(USER),
      ...fields,
      context: {
        page,
        campaign: campaignOf(page.search),
        userAgent: navigator.userAgent,
        locale: navigator.language,
        timezone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
    };
    const kept = o.before ? o.before(event) : event;
    if (!kept) return;
    const text = JSON.stringify(kept);
    note(type, kept);
    if (sizeOf(text) > MOST) return note('too large, not sent');
    queue.put(text, Date.now(), once);
    sender.soon();
  };

  let shown = pageInfo(o.pages === 'hash', document.referrer);
  /** The page as it is now; the way to it is that of the last page view. */
  const here = (): PageInfo => pageInfo(o.pages === 'hash', shown.referrer);
  const show = (page: PageInfo, when: number, name?: string, category?: string, properties?: Properties) => {
    shown = page;
    emit('page', { name, category, properties: { ...page, name, category, ...properties } }, page, when);
  };

  const track = (event: string, properties?: Properties) => emit('track', { event, properties });
  const reset = () => {
    box.remove(USER);
    keepId(uuid());
  };

  const api = {
    track,
    reset,
    anonymousId,
    identify(userId?: string | number | Properties | null, traits?: Properties) {
      const given = isObject(userId) ? userId : traits;
      const id = isObject(userId) || userId == null || userId === '' ? undefined : `${userId}`;
      const before = box.get(USER);
      // Another person at this device: what follows is not a continuation of the first one's visit.
      if (id && before && before !== id) reset();
      if (id) box.set(USER, id);
      emit('identify', { traits: given });
    },
    /** page(), page(name), page(category, name), each with properties. */
    page(...args: unknown[]) {
      const texts = args.filter((a) => typeof a === 'string') as string[];
      show(here(), calledAt, texts.pop(), texts.pop(), args.find(isObject));
    },
    group(groupId: string | number, traits?: Properties) {
      emit('group', { groupId: `${groupId}`, traits });
    },
    alias(userId: string, previousId?: string) {
      emit('alias', { userId, previousId: previousId ?? anonymousId() });
    },
    /** The visitor agrees, or withdraws what he agreed to: then everything that was kept in his browser goes. */
    consent(given: boolean) {
      if (blocked) return;
      if (!given) {
        forget([box, decisions], o.domain);
        queue.mine.clear();
      }
      decisions.set(CONSENT, given ? '1' : '0');
      if (o.storage !== 'none') setCookie(CONSENT, given ? '1' : '0', o.domain);
      if (!given) return;
      // Held in memory until now. A visitor who came before and is known by his cookie stays the same.
      box.settle();
      keepId(anonymousId());
      sender.soon(0);
    },
    ready(call: () => void) {
      setTimeout(call); // its errors are the page's own, and its events are of then
    },
    /** Runs what was called earlier, at its own time. */
    at(time: number, call: () => void) {
      calledAt = time;
      try {
        call();
      } finally {
        calledAt = 0;
      }
    },
    leave() {},
  };

  if (blocked) {
    forget([box, decisions], o.domain);
    return api;
  }
  if (knownId()) keepId(knownId() as string); // a cookie lives on from each visit
  const views = o.pages === 'manual' ? undefined : watchViews(o.pages === 'hash', show);
  if (begun && views) show(shown, begun);
  let vitals = o.vitals !== 'off' && typeof PerformanceObserver === 'function' ? watchVitals() : undefined;
  const landing = shown;
  api.leave = () => {
    views?.flush();
    const figures = vitals?.();
    vitals = undefined;
    if (figures && Object.keys(figures).length > 1) {
      emit('track', { event: 'Web Vitals', properties: { ...figures, path: landing.path } }, landing, 0, true);
    }
    sender.leave();
  };
  sender.soon();
  return api;
}

/** The e-commerce helpers over track. */
export function helpers(track: (event: string, ...rest: unknown[]) => void): Record<string, (...args: unknown[]) => void> {
  const out: Record<string, (...args: unknown[]) => void> = {};
  for (const event of shopping) {
    out[methodOf(event)] = (what, ...rest) =>
      track(event, event === 'Products Searched' && typeof what === 'string' ? { query: what } : what, ...rest);
  }
  return out;
}
