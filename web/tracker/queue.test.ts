import { describe, expect, test } from 'vitest';
import { createBox } from './box.ts';
import { FakeStorage } from './fakes.ts';
import { createQueue, ONCE, QUEUE, sizeOf } from './queue.ts';

const none = new Set<string>();
const DAY = 864e5;
const now = Date.UTC(2026, 10, 25);
const fresh = (storage = new FakeStorage()) => createBox(() => storage);
const texts = (list: [string, string][]) => list.map((e) => e[1]);

describe('a box', () => {
  test('remembers in memory while there is no storage, and moves over when there is', () => {
    const storage = new FakeStorage();
    let open = false;
    const box = createBox(() => (open ? storage : undefined));
    box.set('a', '1');
    expect([box.get('a'), storage.length]).toEqual(['1', 0]);
    open = true;
    box.settle();
    expect([box.get('a'), storage.getItem('a')]).toEqual(['1', '1']);
    box.remove('a');
    expect([box.get('a'), box.keys()]).toEqual([undefined, []]);
  });

  test('goes on in memory where the storage is full or forbidden', () => {
    const full = createBox(() => new FakeStorage(0));
    const forbidden = createBox(() => {
      throw new Error('SecurityError');
    });
    for (const box of [full, forbidden]) {
      box.set('a', '1');
      expect([box.get('a'), box.keys()]).toEqual(['1', ['a']]);
    }
  });
});

describe('the queue', () => {
  test('gives events in the order in which they came, also those of the same instant', () => {
    const q = createQueue(fresh(), 'KEY', now);
    for (let i = 0; i < 30; i++) q.put(`${i}`, now);
    expect(texts(q.take(100, 1e6, none))).toEqual([...Array(30).keys()].map(String));
  });

  test('is found again by the next page, and by no other write key', () => {
    const storage = new FakeStorage();
    const box = createBox(() => storage);
    createQueue(box, 'KEY', now).put('a', now);
    createQueue(box, 'OTHER.KEY', now).put('b', now);
    expect(texts(createQueue(box, 'KEY', now).take(9, 99, none))).toEqual(['a']);
    expect(texts(createQueue(box, 'OTHER.KEY', now).take(9, 99, none))).toEqual(['b']);
  });

  test('two tabs do not overwrite each other, and either may take all', () => {
    const storage = new FakeStorage();
    const tabs = [1, 2].map(() =>
      createQueue(
        createBox(() => storage),
        'KEY',
        now,
      ),
    );
    for (let i = 0; i < 50; i++) tabs[i % 2]?.put(`${i}`, now + i);
    expect(new Set(texts(tabs[0]?.take(100, 1e6, none) ?? [])).size).toBe(50);
    const own = tabs[1]?.take(100, 1e6, none, tabs[1].mine) ?? [];
    expect(own.length).toBe(25);
    tabs[1]?.remove(own.map((e) => e[0]));
    expect(tabs[0]?.take(100, 1e6, none).length).toBe(25);
  });

  test('makes room by letting the oldest go: by number and by size', () => {
    const box = fresh();
    const few = createQueue(box, 'KEY', now, 3);
    for (let i = 0; i < 5; i++) few.put(`${i}`, now + i);
    expect(texts(few.take(9, 99, none))).toEqual(['2', '3', '4']);
    const large = createQueue(box, 'LARGE', now);
    for (let i = 0; i < 40; i++) large.put(`${i}`.padEnd(30_000, '.'), now + i);
    const kept = texts(large.take(99, 1e9, none));
    expect(kept.length).toBe(33);
    expect(kept[32]?.startsWith('39')).toBe(true);
  });

  test('keeps entries for 28 days, whatever their write key', () => {
    const box = fresh();
    createQueue(box, 'GONE', now - 60 * DAY).put('a', now - 29 * DAY);
    createQueue(box, 'KEY', now - 60 * DAY).put('b', now - 27 * DAY);
    box.set(`${QUEUE}KEY.???`, 'nonsense');
    const q = createQueue(box, 'KEY', now);
    expect(box.keys().length).toBe(1);
    expect(texts(q.take(9, 99, none))).toEqual(['b']);
  });

  test('takes as much as fits, counted in bytes, but one event in any case', () => {
    const q = createQueue(fresh(), 'KEY', now);
    for (const text of ['فروشگاه', 'ab', 'cd']) q.put(text, now);
    expect(sizeOf('فروشگاه')).toBe(14);
    expect(texts(q.take(9, 16, none))).toEqual(['فروشگاه', 'ab']);
    expect(texts(q.take(9, 1, none))).toEqual(['فروشگاه']);
    expect(texts(q.take(2, 99, new Set([q.take(1, 1, none)[0]?.[0] as string])))).toEqual(['ab', 'cd']);
  });

  test('marks what is sent once only', () => {
    const q = createQueue(fresh(), 'KEY', now);
    q.put('a', now, true);
    q.put('b', now);
    expect(q.take(9, 99, none).map((e) => e[0].endsWith(ONCE))).toEqual([true, false]);
  });
});
