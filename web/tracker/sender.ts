import type { Box } from './box.ts';
import { ONCE, type Queue, sizeOf } from './queue.ts';

/**
 * Sends what the queue holds, in batches, and takes off the queue what the server has on disk. Nothing else takes an event off, except that
 * the server calls it unreadable.
 *
 *	2xx       on disk
 *	400, 413  the batch cannot be read: smaller ones, until the one that is to blame is alone and dropped
 *	401..404  wrong key or address: not before ten minutes
 *	429, 503  not before Retry-After; other pages and tabs keep to it too
 *	others    again after 1 s, 2 s, 4 s ... 5 min; at once when the connection is back
 *
 * One tab sends at a time where the browser has locks. Without them two may send the same, which the server notices.
 */
export interface Sender {
  /** Sends soon: what comes within that time goes in the same batch. */
  soon(ms?: number): void;
  /** The page is being left: sends what it put there in a request that outlives it. */
  leave(): void;
}

export interface Post {
  status: number;
  /** Milliseconds. */
  retryAfter?: number;
}

const COUNT = 100;
/** Two requests of this size may outlive a page at the same time; browsers allow 64 KB together. */
const BYTES = 30000;
const UNTIL = 'rapport.until';
const HOUR = 36e5;

/** Reads Retry-After: seconds or a date. An hour is the most, lest a wrong clock silence a browser for years. */
export function retryAfter(header: string | null, now: number): number | undefined {
  if (!header) return undefined;
  const ms = /^\d+$/.test(header) ? +header * 1e3 : Date.parse(header) - now;
  return ms >= 0 ? Math.min(ms, HOUR) : undefined;
}

/** How long to wait after the given number of failures in a row; spread, so that thousands of pages do not come back together. */
export function backOff(failures: number, random = Math.random()): number {
  return Math.min(3e5, 500 * 2 ** failures) * (0.75 + random / 2);
}

export interface SenderParts {
  queue: Queue;
  box: Box;
  url: string;
  writeKey: string;
  /** Whether sending is allowed now. */
  may(): boolean | undefined;
}

/** Gives what the server said; status 0 where it could not be asked. */
export async function post(url: string, body: string): Promise<Post> {
  try {
    // Plain text and no credentials: a request that needs no preflight, also from another origin.
    const res = await fetch(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain' },
      credentials: 'omit',
      keepalive: sizeOf(body) < 6e4,
      signal: AbortSignal.timeout?.(2e4),
    });
    return { status: res.status, retryAfter: retryAfter(res.headers.get('retry-after'), Date.now()) };
  } catch {
    return { status: 0 };
  }
}

export function createSender({ queue, box, url, writeKey, may }: SenderParts): Sender {
  const busy = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let due = 0;
  let running = false;
  let failures = 0;
  let count = COUNT;

  /** Only a no is to be believed. */
  const offline = () => navigator.onLine === false;

  const soon = (ms = 300) => {
    const at = Date.now() + ms;
    if (timer && due <= at) return;
    clearTimeout(timer);
    due = at;
    timer = setTimeout(run, ms);
  };

  const bodyOf = (batch: [string, string][]) =>
    `{"writeKey":${JSON.stringify(writeKey)},"sentAt":"${new Date().toISOString()}","batch":[${batch.map((b) => b[1])}]}`;

  const paused = () => Math.min(Number(box.get(UNTIL) ?? 0) - Date.now(), HOUR);

  /** Sends a batch and tells whether to go on. */
  const send = async (batch: [string, string][]): Promise<boolean> => {
    const keys = batch.map((b) => b[0]);
    for (const k of keys) busy.add(k);
    const { status, retryAfter: after } = await post(url, bodyOf(batch));
    for (const k of keys) busy.delete(k);
    if (status >= 200 && status < 300) {
      failures = 0;
      count = COUNT;
      queue.remove(keys);
      return true;
    }
    if (status === 400 || status === 413) {
      if (keys.length > 1) count = Math.ceil(keys.length / 2);
      else queue.remove(keys);
      return true;
    }
    const wait = after ?? (status > 400 && status < 405 ? 6e5 : 0);
    if (wait) box.set(UNTIL, `${Date.now() + wait}`);
    // Spread after the time the server asked for, never before it.
    soon(wait ? wait * (1 + Math.random() / 10) : backOff(++failures));
    return false;
  };

  const drain = async () => {
    while (may()) {
      const batch = queue.take(count, BYTES, busy);
      if (!batch.length || !(await send(batch))) return;
    }
  };

  const run = async () => {
    timer = undefined;
    // Without a connection the event online wakes us.
    if (running || !may() || offline()) return;
    const wait = paused();
    if (wait > 0) return soon(wait);
    running = true;
    try {
      // Missing on plain http, refused in a sandbox.
      const locked = navigator.locks?.request(`rapport.${writeKey}`, { ifAvailable: true }, (lock) => (lock ? drain() : soon(1e3)));
      await (locked?.catch(drain) ?? drain());
    } catch {
      soon(backOff(++failures));
    }
    running = false;
    // What came while the last answer was awaited.
    if (!timer && !offline() && queue.take(1, 1, busy).length) soon();
  };

  addEventListener('online', () => {
    failures = 0;
    soon(Math.random() * 500);
  });

  return {
    soon,
    leave() {
      if (!may() || offline() || paused() > 0) return;
      const batch = queue.take(count, BYTES, busy, queue.mine);
      if (!batch.length) return;
      if ('keepalive' in Request.prototype) send(batch);
      else if (!navigator.sendBeacon(url, bodyOf(batch))) return;
      queue.remove(batch.map((b) => b[0]).filter((k) => k.endsWith(ONCE)));
    },
  };
}
