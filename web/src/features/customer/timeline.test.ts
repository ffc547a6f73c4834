import { expect, test } from 'vitest';
import { byDay, tell } from './timeline.ts';

const item = (kind: string, name: string, properties: unknown = {}) => ({ at: '2026-11-24T10:00:00Z', id: '1', kind, name, properties });

test.each([
  [item('track', 'Product Viewed', { name: 'Mug' }), 'productViewed', 'Mug'],
  [item('track', 'products searched', { query: 'teapot' }), 'searched', 'teapot'],
  [item('track', 'Order Completed', { order_id: 5001 }), 'orderCompleted', '5001'],
  [item('track', 'Something Of Ours'), undefined, 'Something Of Ours'],
  [item('page', '', { path: '/a' }), 'page', '/a'],
  [item('order', '5001', { external_id: '5001', status: 'placed' }), 'orderPlaced', '5001'],
  [item('order', '5001', { external_id: '5001', status: 'cancelled' }), 'orderCancelled', '5001'],
  [item('order', 'row:2Nlk6PZl8U6v4B8TW3cY', { external_id: 'row:2Nlk6PZl8U6v4B8TW3cY', status: 'placed' }), 'orderPlaced', ''],
  [item('cart', 'x', { status: 'open', lines: [{ name: 'A' }, { name: 'B' }, { name: 'C' }, { name: 'D' }] }), 'cartLeft', 'A · B · C · …'],
  [item('consent', 'email marketing', { channel: 'email', granted: false }), 'consentWithdrawn', 'email'],
  [item('track', 'Product Viewed', 'not an object'), 'productViewed', ''],
])('%o is told as %s', (given, sentence, about) => {
  expect(tell(given)).toMatchObject({ sentence, about });
});

test('days are headings in the order of the list', () => {
  const rows = ['2026-11-24T10:00:00Z', '2026-11-24T09:00:00Z', '2026-11-23T09:00:00Z'].map((at) => ({ at }));
  expect(byDay(rows, (at) => at.slice(0, 10)).map((d) => [d.day, d.items.length])).toEqual([
    ['2026-11-24', 2],
    ['2026-11-23', 1],
  ]);
});
