import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createBox } from './box.ts';
import { type Answer, FakeStorage } from './fakes.ts';
import { createQueue } from './queue.ts';
import { backOff, createSender, retryAfter } from './sender.ts';

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  vi.unstubAllGlobals();
});

const read = (req: IncomingMessage) =>
  new Promise<string>((done) => {
    let text = '';
    req.on('data', (part) => {
      text += part;
    });
    req.on('end', () => done(text));
  });

/** A sender with a real server that answers as told, and what that server saw: the events of each batch that reached it whole. */
async function rig(answers: Answer[], storage = new FakeStorage()) {
  const seen: { at: number; batch: unknown[]; sentAt: string; writeKey: string }[] = [];
  server = createServer(async (req, res) => {
    const body = JSON.parse(await read(req));
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    const [status, after] = Array.isArray(answer) ? answer : [answer ?? 200];
    seen.push({ at: Date.now(), ...body });
    if (!status) return res.destroy();
    res.writeHead(status, after ? { 'retry-after': after } : {}).end('{}');
  });
  await new Promise<void>((ready) => server?.listen(0, '127.0.0.1', ready));
  vi.stubGlobal('navigator', { onLine: true });
  const listeners = new Map<string, () => void>();
  vi.stubGlobal('addEventListener', (name: string, hear: () => void) => listeners.set(name, hear));
  const box = createBox(() => storage);
  const queue = createQueue(box, 'KEY', Date.now());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/batch`;
  let may: boolean | undefined = true;
  const sender = createSender({ queue, box, url, writeKey: 'KEY', may: () => may });
  const left = () => queue.take(1000, 1e9, new Set()).length;
  const put = (n: number) => {
    for (let i = 0; i < n; i++) queue.put(JSON.stringify(i), Date.now());
  };
  const set = (yes: boolean | undefined) => {
    may = yes;
  };
  return { seen, url, queue, sender, left, put, listeners, storage, set };
}

const until = (is: () => boolean) => vi.waitFor(() => expect(is()).toBe(true), { timeout: 8000, interval: 10 });

describe('the sender', () => {
  test('sends what came together in one batch and takes it off when the server has it', async () => {
    const r = await rig([200]);
    r.put(3);
    r.sender.soon(1);
    await until(() => r.left() === 0);
    expect(r.seen.map((s) => s.batch)).toEqual([[0, 1, 2]]);
    expect(r.seen[0]?.writeKey).toBe('KEY');
    expect(Math.abs(Date.parse(r.seen[0]?.sentAt ?? '') - Date.now())).toBeLessThan(2000);
  });

  test('cuts a long queue into batches', async () => {
    const r = await rig([200]);
    r.put(250);
    r.sender.soon(1);
    await until(() => r.left() === 0);
    expect(r.seen.map((s) => s.batch.length)).toEqual([100, 100, 50]);
  });

  test('tries again after a lost connection, later each time, and loses nothing', async () => {
    const r = await rig([0, 500, 200]);
    r.put(2);
    r.sender.soon(1);
    await until(() => r.left() === 0);
    expect(r.seen.map((s) => s.batch)).toEqual([
      [0, 1],
      [0, 1],
      [0, 1],
    ]);
    const gaps = r.seen.slice(1).map((s, i) => s.at - (r.seen[i]?.at ?? 0));
    expect(gaps[0]).toBeGreaterThanOrEqual(740);
    expect(gaps[1]).toBeGreaterThanOrEqual(1490);
  });

  for (const status of [429, 503]) {
    test(`does not come back before Retry-After of ${status}, neither does the next page`, async () => {
      const r = await rig([[status, '2'], 200]);
      r.put(1);
      r.sender.soon(1);
      await until(() => r.seen.length === 1);
      await until(() => r.storage.getItem('rapport.until') !== null);
      r.listeners.get('online')?.(); // not even then
      r.sender.leave();
      const next = await import('./sender.ts');
      const box = createBox(() => r.storage);
      next
        .createSender({
          queue: createQueue(box, 'KEY', Date.now()),
          box,
          url: r.url,
          writeKey: 'KEY',
          may: () => true,
        })
        .soon(1);
      await until(() => r.left() === 0);
      expect((r.seen[1]?.at ?? 0) - (r.seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(1990);
    });
  }

  test('finds the one event that the server cannot read, and drops only that', async () => {
    const r = await rig([200]);
    server?.removeAllListeners('request');
    const good: unknown[] = [];
    server?.on('request', async (req, res) => {
      const { batch } = JSON.parse(await read(req)) as { batch: unknown[] };
      if (batch.includes(5)) return res.writeHead(400).end();
      good.push(...batch);
      res.writeHead(200).end('{}');
    });
    r.put(9);
    r.sender.soon(1);
    await until(() => r.left() === 0);
    expect(good).toEqual([0, 1, 2, 3, 4, 6, 7, 8]);
  });

  test('keeps events when the key is unknown, and is quiet for ten minutes', async () => {
    const r = await rig([401]);
    r.put(1);
    r.sender.soon(1);
    await until(() => r.storage.getItem('rapport.until') !== null);
    expect(Number(r.storage.getItem('rapport.until')) - Date.now()).toBeGreaterThan(590_000);
    expect(r.left()).toBe(1);
  });

  test('waits for the connection without trying', async () => {
    const r = await rig([200]);
    vi.stubGlobal('navigator', { onLine: false });
    r.put(1);
    r.sender.soon(1);
    r.sender.leave();
    await vi.waitFor(() => expect(r.left()).toBe(1));
    expect(r.seen).toEqual([]);
    vi.stubGlobal('navigator', { onLine: true });
    r.listeners.get('online')?.();
    await until(() => r.left() === 0);
    expect(r.seen.length).toBe(1);
  });

  test('sends nothing while it may not', async () => {
    const r = await rig([200]);
    r.set(undefined);
    r.put(1);
    r.sender.leave();
    r.sender.soon(0);
    r.set(true);
    r.put(1);
    r.sender.soon(0);
    await until(() => r.left() === 0);
    expect(r.seen.length).toBe(1);
  });

  test('at the end of the page sends what is not under way yet, and what is sent once it forgets', async () => {
    const r = await rig([200]);
    r.put(2);
    r.queue.put('"vitals"', Date.now(), true);
    r.sender.leave();
    expect(r.left()).toBe(2);
    r.sender.leave();
    await until(() => r.left() === 0);
    expect(r.seen.map((s) => s.batch)).toEqual([[0, 1, 'vitals']]);
  });
});

test('Retry-After is seconds or a date, and an hour at most', () => {
  const now = Date.UTC(2026, 10, 25, 12);
  for (const [header, want] of [
    ['7', 7000],
    ['0', 0],
    ['999999', 3_600_000],
    ['Wed, 25 Nov 2026 12:00:30 GMT', 30_000],
    ['Wed, 25 Nov 2026 11:00:00 GMT', undefined],
    ['soon', undefined],
    [null, undefined],
  ] as const)
    expect(retryAfter(header, now), String(header)).toBe(want);
});

test('the back-off doubles, is spread, and ends at five minutes', () => {
  expect([1, 2, 3, 4].map((n) => backOff(n, 0.5))).toEqual([1000, 2000, 4000, 8000]);
  expect([backOff(1, 0), backOff(1, 1)]).toEqual([750, 1250]);
  expect(backOff(60, 0.5)).toBe(300_000);
});
