// Stands in for the server while pages are drawn: serves dist/ with the same policy and answers the API with made-up shop data that is the same on every run.
// Usage: node dev/mock.mjs [port] [--empty | --setup | --slow | --api URL]
// With --api the API of a running server is used, and only the pages come from dist/.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { extname, join, normalize } from 'node:path';

const dist = new URL('../dist/', import.meta.url).pathname;
const port = Number(process.argv[2] ?? 8099);
const has = (flag) => process.argv.includes(flag);
const policy =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: https:; font-src 'self'; connect-src 'self'; " +
  "manifest-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const media = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.webmanifest': 'application/manifest+json',
};

let seed = 7;
const random = () => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return seed / 0x7fffffff;
};
const pick = (list) => list[Math.floor(random() * list.length)];
const eur = (n) => ({ amount: n.toFixed(2), currency: 'EUR' });
const now = Date.now();
const ago = (ms) => new Date(now - ms).toISOString();
const day = 86_400_000;

const names = [
  'Maria Keller',
  'سارا احمدی',
  'Jonas Petersen',
  'प्रिया शर्मा',
  '田中 美咲',
  'Aino Virtanen',
  'አበበ ከበደ',
  'Lucía Fernández',
  'അനിത നായർ',
  'Tom Baker',
  'رضا کریمی',
  'Chloé Martin',
  'Piotr Nowak',
  'Ingrid Solberg',
  'Giulia Rossi',
  'Ahmed Hassan',
  'Emma de Vries',
  'Liam O’Connor',
  '佐藤 健',
  'Nina Horvat',
];
const countries = ['DE', 'IR', 'DK', 'IN', 'JP', 'FI', 'ET', 'ES', 'IN', 'GB', 'IR', 'FR', 'PL', 'NO', 'IT', 'EG', 'NL', 'IE', 'JP', 'HR'];
const goods = [
  'Stoneware mug, sand',
  'Linen apron',
  'Oak serving board',
  'Beeswax candle, tall',
  'Enamel teapot',
  'Wool throw, moss',
  'Brass hook, set of 4',
  'Felt coaster',
  'Carafe 0.75 l',
  'Ceramic planter, large',
  'Tea towel, striped',
  'Olive wood spoon',
];

const customers = Array.from({ length: 640 }, (_, i) => {
  const known = i % 5 !== 3;
  const orders = known ? Math.floor(random() * 9) : 0;
  return {
    id: String(1000 + i),
    email: known ? `person${i}@example.com` : '',
    phone: known && i % 3 === 0 ? `+4930${String(1000000 + i)}` : '',
    name: known ? `${names[i % names.length]}${i >= names.length ? ` ${Math.floor(i / names.length) + 1}` : ''}` : '',
    external_id: known ? `C-${10000 + i}` : '',
    known,
    orders,
    total_spent: eur(orders * (20 + random() * 90)),
    first_seen_at: ago(400 * day * random() + day),
    last_seen_at: ago(i * 37 * 60_000),
    first_order_at: orders ? ago(300 * day * random() + day) : undefined,
    last_order_at: orders ? ago(30 * day * random()) : undefined,
    country: countries[i % countries.length],
    city: 'Berlin',
    language: 'en',
  };
});
const products = Array.from({ length: 84 }, (_, i) => ({
  id: String(500 + i),
  shop_id: '1',
  external_id: `p${i}`,
  active: i % 9 !== 8,
  sighted: i % 7 === 6,
  stock: i % 4 === 0 ? undefined : (i * 13) % 60,
  created_at: ago(day * 90),
  sku: `SKU-${1000 + i}`,
  name: goods[i % goods.length],
  variant: i % 3 === 0 ? 'Large' : '',
  image_url: i % 6 === 5 ? '' : `/mock/${i}.svg`,
  category: pick(['Kitchen', 'Living', 'Textiles']),
  brand: 'Hearth & Hand',
  price: eur(8 + random() * 90),
  url: 'https://shop.example/p',
  updated_at: ago(day * 3),
}));
const orders = Array.from({ length: 420 }, (_, i) => {
  const c = customers[(i * 7) % customers.length];
  const total = 18 + random() * 240;
  return {
    id: String(90000 + i),
    external_id: String(24810 - i),
    shop_id: '1',
    customer_id: i % 17 === 16 ? '0' : c.id,
    status: i % 11 === 10 ? 'cancelled' : i % 23 === 22 ? 'pending' : 'placed',
    placed_at: ago(i * 5_400_000 + 600_000),
    cancelled_at: i % 11 === 10 ? ago(i * 5_000_000) : undefined,
    total: eur(total),
    discount: eur(i % 4 === 0 ? 5 : 0),
    tax: eur(total * 0.16),
    shipping: eur(4.9),
    refunded: eur(i % 9 === 8 ? total / 2 : 0),
    reporting_total: eur(total),
    coupon: i % 4 === 0 ? 'AUTUMN5' : '',
    email: c.email || 'guest@example.com',
    confirmed: i % 13 !== 12,
    test: false,
    updated_at: ago(i * 5_000_000),
  };
});
const lines = (o) =>
  [0, 1, 2].map((n) => ({
    product_id: products[(Number(o.id) + n) % products.length].id,
    sku: products[(Number(o.id) + n) % products.length].sku,
    name: products[(Number(o.id) + n) % products.length].name,
    quantity: n + 1,
    price: eur(12.5),
    discount: eur(n === 1 ? 2 : 0),
    total: eur(12.5 * (n + 1) - (n === 1 ? 2 : 0)),
  }));
const eventNames = ['Product Viewed', 'Products Searched', 'Product Added', 'Cart Viewed', 'Checkout Started', 'Order Completed', ''];
const event = (i, at = ago(i * 7000)) => {
  const name = eventNames[i % eventNames.length];
  return {
    event_id: String(7_000_000 + i),
    message_id: `msg-${i.toString(16)}-8f2c`,
    kind: name ? 'track' : 'page',
    name: name || '/collections/kitchen',
    customer_id: customers[i % 60].id,
    at,
    received_at: at,
    source_id: '3',
    anonymous_id: `a-${i % 60}`,
    user_id: '',
    properties:
      name === 'Products Searched' ? { query: 'teapot' } : { name: goods[i % goods.length], price: 24.5, currency: 'EUR', quantity: 1 },
    context: {},
  };
};
const timeline = Array.from({ length: 130 }, (_, i) => {
  if (i % 19 === 4)
    return {
      at: ago(i * 3.1 * 3_600_000),
      kind: 'order',
      name: orders[i].external_id,
      id: `o${i}`,
      properties: { order_id: orders[i].id, external_id: orders[i].external_id, total: orders[i].total },
    };
  if (i % 31 === 12)
    return {
      at: ago(i * 3.1 * 3_600_000),
      kind: 'consent',
      name: 'consent.given',
      id: `c${i}`,
      properties: { channel: 'email', purpose: 'marketing' },
    };
  if (i % 41 === 20)
    return {
      at: ago(i * 3.1 * 3_600_000),
      kind: 'identity',
      name: 'identity.email',
      id: `i${i}`,
      properties: { value: 'maria@example.com' },
    };
  const e = event(i);
  return { at: ago(i * 3.1 * 3_600_000), kind: e.kind, name: e.name, id: `e${e.event_id}`, properties: e.properties };
});
const cart = (i) => ({
  key: `cart-${i}`,
  shop_id: '1',
  customer_id: customers[i * 3].id,
  status: 'open',
  value: eur(38.4 + i * 3),
  items: 3,
  lines: [
    { product: 'p1', sku: 'SKU-1001', name: goods[(i + 1) % goods.length], quantity: 2, price: eur(12.5), image_url: '/mock/1.svg' },
    { product: 'p2', sku: 'SKU-1002', name: goods[(i + 2) % goods.length], quantity: 1, price: eur(13.4), image_url: '/mock/2.svg' },
  ],
  checkout_step: i % 3 === 0 ? 1 : 0,
  started_at: ago(i * 3_600_000 + 7_200_000),
  updated_at: ago(i * 2_600_000 + 900_000),
});
const imports = [
  {
    id: '31',
    kind: 'orders',
    name: 'orders-2026.csv',
    status: 'running',
    total_bytes: 81_000_000,
    position: 33_000_000,
    rows_read: 412_000,
    created: 398_000,
    updated: 900,
    unchanged: 12_988,
    refused: 112,
    created_at: ago(15_000),
    rows_per_second: 41_250,
    started_at: ago(14_000),
    updated_at: ago(500),
  },
  {
    id: '30',
    kind: 'customers',
    name: 'customers.csv',
    status: 'done',
    total_bytes: 12_400_000,
    position: 12_400_000,
    rows_read: 96_000,
    created: 95_100,
    updated: 900,
    unchanged: 0,
    refused: 0,
    created_at: ago(3 * day),
    rows_per_second: 42_100,
    started_at: ago(3 * day),
    updated_at: ago(3 * day - 9000),
  },
  {
    id: '29',
    kind: 'products',
    name: 'catalogue.jsonl',
    status: 'failed',
    total_bytes: 2_400_000,
    position: 900_000,
    rows_read: 4100,
    created: 4000,
    updated: 0,
    unchanged: 0,
    refused: 100,
    message: 'Line 4101: the quotes never close.',
    created_at: ago(4 * day),
    rows_per_second: 30_000,
    started_at: ago(4 * day),
    updated_at: ago(4 * day),
  },
];
const keys = [
  {
    id: '1',
    name: 'Shop backend',
    scope: 'ingest',
    prefix: 'rp_9fK2',
    source_id: '2',
    created_at: ago(40 * day),
    last_used_at: ago(60_000),
  },
  {
    id: '2',
    name: 'Web shop',
    scope: 'ingest',
    prefix: 'rp_pub7',
    browser: true,
    key: 'rp_pub7Qm3xW0tVb2LkZ8',
    source_id: '3',
    created_at: ago(40 * day),
    last_used_at: ago(2000),
  },
  { id: '3', name: 'Reporting notebook', scope: 'read', prefix: 'rp_Tz41', created_at: ago(10 * day), last_used_at: '' },
];
const sources = [
  { id: '2', shop_id: '1', name: 'Shop backend', kind: 'server', trusted_orders: true, created_at: ago(40 * day) },
  { id: '3', shop_id: '1', name: 'Web shop', kind: 'browser', trusted_orders: false, created_at: ago(40 * day) },
];
const shop = { id: '1', name: 'Hearth & Hand', domain: 'shop.example', zone: 'Europe/Berlin', currency: 'EUR', language: 'en', brand: '' };
const permissions = (
  'activity.read apikey.read apikey.write audit.read catalog.read catalog.write customer.export customer.read customer.write import.run ingest.write order.read ' +
  'order.write rate.read rate.write report.read setting.read setting.write shop.read shop.write status.read user.read user.write'
).split(' ');
let me = {
  user: { id: '1', email: 'owner@shop.example', name: 'Maria Keller', role: 'owner', language: 'en' },
  permissions,
  shop,
  reporting: { currency: 'EUR', zone: 'Europe/Berlin' },
};
let signedIn = !has('--setup') && !has('--signin');
let needed = has('--setup');

function page(list, q, size = 50) {
  if (has('--empty')) return { items: [], next_cursor: '' };
  const at = Number(q.get('cursor') ?? 0);
  const limit = Number(q.get('limit') ?? size);
  return { items: list.slice(at, at + limit), next_cursor: at + limit < list.length ? String(at + limit) : '' };
}
function figures(scale) {
  return {
    revenue: eur(48210.55 * scale),
    refunds: eur(1830.2 * scale),
    net_revenue: eur(46380.35 * scale),
    average_order: eur(64.28),
    orders: Math.round(750 * scale),
    customers: Math.round(612 * scale),
    new_customers: Math.round(238 * scale),
    returning_customers: Math.round(374 * scale),
    events: Math.round(182_400 * scale),
    sessions: Math.round(21_480 * scale),
    unconverted_orders: 3,
  };
}
function overview(q) {
  const from = Date.parse(`${q.get('from')}T00:00:00Z`);
  const days = Math.round((Date.parse(`${q.get('to')}T00:00:00Z`) - from) / day);
  const series = (scale, shift) =>
    Array.from({ length: days }, (_, i) => {
      const wave = (1 + 0.3 * Math.sin((i + shift) / 1.1) + 0.12 * Math.sin(i * 5.3 + shift)) * scale;
      return {
        day: new Date(from + i * day).toISOString().slice(0, 10),
        revenue: eur(1700 * wave),
        refunds: eur(60 * wave),
        orders: Math.round(27 * wave),
        new_customers: Math.round(8 * wave),
        customers: Math.round(22 * wave),
        sessions: Math.round(760 * wave),
      };
    });
  return {
    ...figures(days / 28),
    previous: figures((days / 28) * 0.91),
    series: series(1, 0),
    previous_series: series(0.9, 3),
    top_products: products
      .slice(0, 8)
      .map((p, i) => ({ product_id: p.id, name: p.name, image_url: p.image_url, quantity: 90 - i * 9, revenue: eur(4200 / (i + 1.2)) })),
  };
}

const routes = {
  'GET setup': () => ({ needed }),
  'POST setup': () => {
    needed = false;
    signedIn = true;
    return me;
  },
  'POST sessions': () => {
    signedIn = true;
    return me;
  },
  'DELETE sessions/current': () => {
    signedIn = false;
    return null;
  },
  'GET me': () => me,
  'PATCH me': (q, body) => {
    me = { ...me, user: { ...me.user, ...body } };
    return me;
  },
  'GET customers': (q) => {
    const text = (q.get('q') ?? '').toLowerCase();
    const list = customers.filter(
      (c) =>
        (!text || `${c.name} ${c.email}`.toLowerCase().includes(text)) &&
        (!q.get('known') || String(c.known) === q.get('known')) &&
        (!q.get('has_orders') || c.orders > 0),
    );
    if (q.get('sort') === 'spent') list.sort((a, b) => b.total_spent.amount - a.total_spent.amount);
    return page(list, q);
  },
  'GET customers/:': (q, b, id) => {
    const c = customers.find((x) => x.id === id);
    return (
      c && {
        ...c,
        first_name: 'Maria',
        last_name: 'Keller',
        gender: 'female',
        birthday: '1986-04-12',
        zone: 'Europe/Berlin',
        attributes: { plan: 'club', newsletter_topic: 'kitchen' },
        total_refunded: eur(24.5),
        average_order: eur(61.2),
        identities: [
          { kind: 'external_id', value: c.external_id, verified: true, first_at: c.first_seen_at, last_at: c.last_seen_at, source_id: '2' },
          { kind: 'email', value: c.email, verified: true, first_at: c.first_seen_at, last_at: c.last_seen_at, source_id: '2' },
          {
            kind: 'anonymous_id',
            value: '5f0c2a6e-1d3b-4a71-9f5e-70c2b',
            verified: false,
            first_at: c.first_seen_at,
            last_at: c.last_seen_at,
            source_id: '3',
          },
        ],
        consents: [
          { channel: 'email', purpose: 'marketing', granted: true, proof: {}, source_id: '2', at: ago(90 * day) },
          { channel: 'sms', purpose: 'marketing', granted: false, proof: {}, source_id: '2', at: ago(20 * day) },
        ],
        candidates: [{ id: '9', customer_id: customers[30].id, name: customers[30].name, email: customers[30].email, reason: 'email' }],
      }
    );
  },
  'GET customers/:/timeline': (q) =>
    page(q.get('kind') ? timeline.filter((t) => q.get('kind').split(',').includes(t.kind)) : timeline, q, 40),
  'GET customers/:/orders': (q) => page(orders.slice(3, 9), q),
  'GET orders': (q) =>
    page(
      orders.filter(
        (o) => (!q.get('status') || o.status === q.get('status')) && (!q.get('external_id') || o.external_id === q.get('external_id')),
      ),
      q,
    ),
  'GET orders/:': (q, b, id) => {
    const o = orders.find((x) => x.id === id);
    return (
      o && {
        ...o,
        lines: lines(o),
        refunds: Number(o.refunded.amount) ? [{ key: 'r1', at: ago(day), amount: o.refunded, reason: 'Damaged', confirmed: true }] : [],
      }
    );
  },
  'GET carts': (q) =>
    page(
      Array.from({ length: q.get('customer_id') ? 1 : 34 }, (_, i) => cart(i)),
      q,
    ),
  'GET products': (q) =>
    page(
      products.filter((p) => p.name.toLowerCase().includes((q.get('q') ?? '').toLowerCase())),
      q,
    ),
  'GET products/:': (q, b, id) => {
    const p = products.find((x) => x.id === id);
    return (
      p && {
        ...p,
        description: '<p>Thrown by hand, glazed in warm sand.</p><p>Dishwasher safe.</p>',
        cost: eur(6.2),
        attributes: { material: 'Stoneware' },
        variants: [
          { id: '1', external_id: 'v1', sku: 'SKU-1-S', name: 'Small', price: eur(12), stock: 4, image_url: '', options: {} },
          { id: '2', external_id: 'v2', sku: 'SKU-1-L', name: 'Large', price: eur(16), stock: 0, image_url: '', options: {} },
        ],
      }
    );
  },
  'GET events': (q) =>
    page(
      Array.from({ length: 300 }, (_, i) => event(i)),
      q,
    ),
  'GET events/live': () => {
    const t = Date.now();
    return has('--empty')
      ? { minutes: [], visitors: 0, events: [] }
      : {
          minutes: Array.from({ length: 30 }, (_, i) => ({
            at: new Date(t - (29 - i) * 60_000).toISOString(),
            events: Math.round(40 + 30 * Math.sin(i / 3) + ((i * 7) % 13)),
          })),
          visitors: 23 + (Math.floor(t / 3000) % 4),
          events: Array.from({ length: 20 }, (_, i) => event(i + (Math.floor(t / 3000) % 50), new Date(t - i * 4000).toISOString())),
        };
  },
  'GET refused-events': (q) =>
    page(
      Array.from({ length: 12 }, (_, i) => ({
        id: String(i),
        at: ago(i * 3_600_000),
        source_id: '3',
        message_id: `bad-${i}`,
        name: 'Product Viewed',
        code: pick(['event.no_id', 'event.timestamp']),
        reason: 'There is neither an anonymousId nor a userId.',
        body: '{"type":"track","event":"Product Viewed"}',
      })),
      q,
    ),
  'GET imports': (q) => page(imports, q),
  'GET imports/:': (q, b, id) => imports.find((x) => x.id === id),
  'POST imports': () => imports[0],
  'POST imports/:/cancel': () => null,
  'POST imports/:/resume': () => null,
  'GET reports/overview': (q) => overview(q),
  'GET reports/overview/rows': (q) =>
    page(
      orders.map((o) => ({
        id: o.id,
        customer_id: o.customer_id,
        external_id: o.external_id,
        name: o.email,
        at: o.placed_at,
        amount: o.total,
      })),
      q,
    ),
  'GET keys': (q) => page(keys, q),
  'POST keys': (q, body) => ({ ...keys[0], ...body, id: '9', key: 'rp_9fK2wN7cX4mQb1LtY6vRz0Hs' }),
  'DELETE keys/:': () => null,
  'GET sources': (q) => page(sources, q),
  'PATCH sources/:': (q, body, id) =>
    Object.assign(
      sources.find((s) => s.id === id),
      body,
    ),
  'GET shops': () => ({ items: [shop], next_cursor: '' }),
  'PATCH shops/:': (q, body) => Object.assign(shop, body),
  'GET settings': () => me.reporting,
  'PATCH settings': (q, body) => Object.assign(me.reporting, body),
  'GET users': () => ({
    items: [
      { ...me.user, disabled: false, created_at: ago(90 * day) },
      {
        id: '2',
        email: 'sam@shop.example',
        name: 'سام رضایی',
        role: 'analyst',
        language: 'fa',
        disabled: false,
        created_at: ago(30 * day),
      },
      {
        id: '3',
        email: 'old@shop.example',
        name: 'Former Colleague',
        role: 'agent',
        language: 'en',
        disabled: true,
        created_at: ago(300 * day),
      },
    ],
    next_cursor: '',
  }),
  'POST users': (q, body) => ({ id: '4', ...body, disabled: false, created_at: ago(0) }),
  'PATCH users/:': (q, body) => body,
  'GET audit': (q) =>
    page(
      Array.from({ length: 60 }, (_, i) => ({
        id: String(i),
        at: ago(i * 5_000_000),
        actor_kind: 'user',
        actor_id: '1',
        actor_name: 'Maria Keller',
        ip: '203.0.113.7',
        action: pick(['user.created', 'session.started', 'apikey.created', 'setting.changed', 'import.started']),
        subject: 'user:2',
        detail: { role: 'analyst' },
      })),
      q,
    ),
  'GET rates': (q) =>
    page(
      ['USD', 'GBP', 'IRR', 'JPY'].flatMap((c, k) =>
        Array.from({ length: 5 }, (_, i) => ({
          currency: c,
          day: new Date(now - i * day).toISOString().slice(0, 10),
          rate: (0.9 / 10 ** k + i / 1000).toFixed(6),
          source: 'file',
        })),
      ),
      q,
    ),
  'PUT rates': (q, body) => body,
  'POST rates/file': () => ({ created: 120 }),
  'GET status': () => ({
    version: 'dev',
    engine: { store: 'sqlite', warehouse: 'duckdb' },
    ingest: { accepted: 182_400, applied: 182_388, refused: 12, duplicates: 0, lag_seconds: 0.2 },
  }),
};

async function answer(req, url) {
  const path = url.pathname.replace('/api/v1/', '');
  const open = ['GET setup', 'POST setup', 'POST sessions'].includes(`${req.method} ${path}`);
  if (!signedIn && !open) return { status: 401, body: { code: 'role.sign_in', status: 401, detail: 'Sign in.' } };
  let text = '';
  for await (const chunk of req) text += chunk;
  const body = text.startsWith('{') ? JSON.parse(text) : undefined;
  const parts = path.split('/');
  const tries = [path, ...parts.map((_, i) => parts.map((p, n) => (n === i ? ':' : p)).join('/'))];
  for (const t of tries) {
    const route = routes[`${req.method} ${t}`];
    if (!route) continue;
    const found = route(url.searchParams, body, parts[t.split('/').indexOf(':')]);
    if (found === undefined)
      return { status: 404, body: { code: 'not_found', status: 404, detail: 'There is no such thing.', reference: 'mock' } };
    return { status: found === null ? 204 : 200, body: found };
  }
  return { status: 404, body: { code: 'not_found', status: 404, detail: `no route ${req.method} ${path}` } };
}

const behind = has('--api') ? process.argv[process.argv.indexOf('--api') + 1] : '';

function pass(req, res) {
  const up = request(new URL(req.url, behind), { method: req.method, headers: req.headers }, (answer) => {
    res.writeHead(answer.statusCode, answer.headers);
    answer.pipe(res);
  });
  up.on('error', () => res.writeHead(502).end());
  req.pipe(up);
}

createServer(async (req, res) => {
  const url = new URL(req.url, 'http://mock');
  if (behind && /^\/(api|p|v1)\//.test(url.pathname)) {
    pass(req, res);
    return;
  }
  res.setHeader('Content-Security-Policy', policy);
  if (url.pathname.startsWith('/api/')) {
    const { status, body } = await answer(req, url);
    if (has('--slow')) await new Promise((go) => setTimeout(go, 2500));
    res.writeHead(status, { 'Content-Type': status >= 400 ? 'application/problem+json' : 'application/json' });
    res.end(body === null ? undefined : JSON.stringify(body));
    return;
  }
  const picture = /^\/mock\/(\d+)\.svg$/.exec(url.pathname);
  if (picture) {
    const hue = (Number(picture[1]) * 47) % 360;
    res.writeHead(200, { 'Content-Type': 'image/svg+xml' });
    res.end(
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 80 80"><rect width="80" height="80" fill="hsl(${hue} 30% 88%)"/><circle cx="40" cy="44" r="20" fill="hsl(${hue} 35% 55%)"/></svg>`,
    );
    return;
  }
  let file = join(dist, normalize(url.pathname));
  if (!existsSync(file) || statSync(file).isDirectory()) file = join(dist, 'index.html');
  res.writeHead(200, { 'Content-Type': media[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(res);
}).listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}`));
