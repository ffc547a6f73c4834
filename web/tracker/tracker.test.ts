import { existsSync, readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { trackerSnippet } from '../src/shared/tracking/snippet.ts';
import { root } from '../src/test/files.ts';
import { campaignOf, uuid } from './context.ts';
import { methodOf } from './methods.ts';
import { helpers } from './tracker.ts';
import { layoutShifts, slowInteraction } from './vitals.ts';

test('a campaign is read from the address as the specification names it', () => {
  expect(campaignOf('?utm_campaign=spring&utm_source=newsletter&utm_medium=email&utm_term=a%20b&utm_content=c&utm_id=7&x=1')).toEqual({
    name: 'spring',
    source: 'newsletter',
    medium: 'email',
    term: 'a b',
    content: 'c',
    id: '7',
  });
  expect(campaignOf('?q=shoes')).toBeUndefined();
  expect(campaignOf('?utm_source=')).toBeUndefined();
});

test('ids are random UUIDs of version 4', () => {
  const ids = Array.from({ length: 200 }, uuid);
  expect(new Set(ids).size).toBe(200);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test('helpers are named as their events', () => {
  const calls: unknown[][] = [];
  const h = helpers((...args) => calls.push(args));
  h.productAdded?.({ product_id: 'p' });
  h.productsSearched?.('shoes');
  h.productsSearched?.({ query: 'hats', results: 0 });
  expect(calls).toEqual([
    ['Product Added', { product_id: 'p' }],
    ['Products Searched', { query: 'shoes' }],
    ['Products Searched', { query: 'hats', results: 0 }],
  ]);
  expect(methodOf('Checkout Step Completed')).toBe('checkoutStepCompleted');
});

describe('web vitals', () => {
  test('layout shift counts the worst stretch: gaps of a second, five seconds long', () => {
    const give = layoutShifts();
    expect(give(0.1, 0)).toBeCloseTo(0.1);
    expect(give(0.1, 900)).toBeCloseTo(0.2);
    expect(give(0.15, 2500)).toBeCloseTo(0.2); // a new stretch
    expect(give(0.1, 3000)).toBeCloseTo(0.25);
    for (let at = 3900; at < 7600; at += 900) give(0.01, at);
    expect(give(0.2, 8200)).toBeCloseTo(0.3); // longer than five seconds: the stretch ended
  });

  test('the slowest interaction, of which one in fifty does not count', () => {
    const longest = new Map([
      [1, 80],
      [2, 400],
      [3, 120],
    ]);
    expect(slowInteraction(longest, 3)).toBe(400);
    expect(slowInteraction(longest, 60)).toBe(120);
    expect(slowInteraction(longest, 1000)).toBe(80);
    expect(slowInteraction(new Map(), 0)).toBeUndefined();
  });
});

describe('the snippet', () => {
  test('keeps the calls with their time', () => {
    const script = /<script>([\s\S]*?)<\/script>/.exec(trackerSnippet('https://crm.example.com/', 'KEY'))?.[1] ?? '';
    const window = { rapport: [['track', 'Before']] } as Record<string, unknown>;
    runInNewContext(`${script}; window.rapport.track('A', { n: 1 }); window.rapport.orderCompleted({ order_id: '1' })`, { window });
    const kept = window.rapport as (unknown[] & { t?: number })[];
    expect(JSON.parse(JSON.stringify(kept))).toEqual([
      ['track', 'Before'],
      ['track', 'A', { n: 1 }],
      ['orderCompleted', { order_id: '1' }],
    ]);
    expect(Math.abs((kept[1]?.t ?? 0) - Date.now())).toBeLessThan(5000);
  });

  test('is what the documentation says', () => {
    const docs = readFileSync(`${root}/../docs/tracking.md`, 'utf8');
    expect(docs.includes(`\`\`\`html\n${trackerSnippet('https://crm.example.com', 'KEY')}\n\`\`\``)).toBe(true);
  });
});

// Runs after a build, as the weighing of the app does.
describe.skipIf(!existsSync(`${root}/dist/t.js`))('the built tracker', () => {
  const text = existsSync(`${root}/dist/t.js`) ? readFileSync(`${root}/dist/t.js`) : Buffer.alloc(0);

  test('takes at most 5 KB, gzipped', () => {
    const size = gzipSync(text, { level: 9 }).length;
    console.log(`page tracker: ${size} bytes, gzipped`);
    expect(size).toBeLessThanOrEqual(5 * 1024);
    expect(readFileSync(`${root}/dist/t.js.gz`).length).toBeLessThanOrEqual(5 * 1024);
  });

  test('needs no loosened policy and knows no address', () => {
    expect(text.toString()).not.toMatch(/\beval\b|new Function|https?:\/\/|\bimport\b|createElement|\.style\b|innerHTML/);
  });

  test('does not throw where there is nothing it could use', () => {
    runInNewContext(text.toString(), { window: {}, document: { querySelector: () => null } });
  });
});
