// Stand-in until the document of the API is generated: `npm run gen` writes this file from ../api/openapi.yaml.
type Get<R, Q = never> = {
  parameters: { query?: Q; header?: never; path?: never; cookie?: never };
  requestBody?: never;
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': R } } };
};
type GetOne<R, Q = never> = {
  parameters: { query?: Q; header?: never; path: { id: string }; cookie?: never };
  requestBody?: never;
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': R } } };
};
type Send<B, R> = {
  parameters: { query?: never; header?: never; path?: never; cookie?: never };
  requestBody: { content: { 'application/json': B } };
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': R } } };
};
type SendOne<B, R> = {
  parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
  requestBody: { content: { 'application/json': B } };
  responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': R } } };
};
type Act = {
  parameters: { query?: never; header?: never; path: { id: string }; cookie?: never };
  requestBody?: never;
  responses: { 204: { headers: Record<string, unknown>; content?: never } };
};
type Page<T> = { items: T[]; next_cursor: string };
type Money = { amount: string; currency: string };
type User = { id: string; email: string; name: string; role: string; language: string; disabled: boolean; created_at: string };
type Shop = { id: string; name: string; domain: string; zone: string; currency: string; language: string; brand: string; created_at: string; updated_at: string };
type Me = {
  user: { id: string; email: string; name: string; role: string; language: string };
  permissions: string[];
  shop: Shop;
  reporting: { currency: string; zone: string };
};
type Customer = {
  id: string;
  email?: string;
  phone?: string;
  name?: string;
  external_id?: string;
  known: boolean;
  orders: number;
  total_spent: Money;
  first_seen_at?: string;
  last_seen_at?: string;
  first_order_at?: string;
  last_order_at?: string;
  country?: string;
  city?: string;
  language?: string;
};
type CustomerDetail = Customer & {
  first_name?: string;
  last_name?: string;
  gender?: string;
  birthday?: string;
  zone?: string;
  attributes?: Record<string, unknown>;
  total_refunded: Money;
  average_order?: Money;
  identities: { kind: string; value: string; verified: boolean; first_at: string; last_at: string; source_id: string }[];
  consents: { channel: string; purpose: string; state: string; at: string; source?: string; wording?: string }[];
  candidates: { id: string; customer_id: string; name?: string; email?: string; reason: string }[];
  merged_into?: string;
};
type Order = {
  id: string;
  external_id: string;
  shop_id: string;
  customer_id: string;
  status: 'pending' | 'placed' | 'cancelled';
  placed_at?: string;
  cancelled_at?: string;
  total: Money;
  discount: Money;
  tax: Money;
  shipping: Money;
  refunded: Money;
  reporting_total?: Money;
  coupon?: string;
  email?: string;
  confirmed: boolean;
  test: boolean;
  attributes?: unknown;
  updated_at: string;
};
type OrderDetail = Order & {
  lines: { product_id: string; sku: string; name: string; quantity: number; price: Money; discount: Money; total: Money }[];
  refunds: { key: string; at: string; amount: Money; reporting_amount?: Money; reason?: string; confirmed: boolean; lines?: unknown }[];
};
type Cart = {
  key: string;
  shop_id: string;
  customer_id: string;
  status: 'open' | 'empty' | 'ordered';
  value: Money;
  items: number;
  lines: { product: string; sku: string; name: string; variant?: string; quantity: number; price: Money; url?: string; image_url?: string }[];
  checkout_step: number;
  started_at: string;
  updated_at: string;
};
type Product = {
  id: string;
  shop_id: string;
  external_id: string;
  sku: string;
  name: string;
  brand: string;
  category: string;
  url: string;
  image_url: string;
  price?: Money;
  stock?: number;
  active: boolean;
  sighted: boolean;
  created_at: string;
  updated_at: string;
};
type ProductDetail = Product & {
  description: string;
  cost?: Money;
  attributes: Record<string, unknown>;
  variants: { id: string; external_id: string; sku: string; name: string; price?: Money; stock?: number; image_url: string; options: Record<string, unknown> }[];
};
type Event = {
  event_id: string;
  message_id: string;
  kind: string;
  name: string;
  customer_id: string;
  at: string;
  received_at: string;
  source_id: string;
  anonymous_id?: string;
  user_id?: string;
  properties?: unknown;
  context?: unknown;
};
type Refused = { id: string; at: string; source_id: string; message_id: string; name: string; code: string; reason: string; body: string };
type Import = {
  id: string;
  kind: 'customers' | 'orders' | 'order_lines' | 'products';
  name: string;
  shop_id: string;
  currency: string;
  zone: string;
  mapping: Record<string, string>;
  dry_run: boolean;
  status: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  message: string;
  position: number;
  total_bytes: number;
  rows_read: number;
  created: number;
  updated: number;
  unchanged: number;
  refused: number;
  rows_per_second: number;
  user_id: string;
  created_at: string;
  started_at?: string;
  updated_at: string;
};
type Figures = {
  revenue: Money;
  refunds: Money;
  net_revenue: Money;
  average_order: Money;
  orders: number;
  customers: number;
  new_customers: number;
  returning_customers: number;
  events: number;
  sessions: number;
  unconverted_orders: number;
};
type Series = { day: string; revenue: Money; refunds: Money; orders: number; new_customers: number; customers: number; sessions: number };
type Overview = Figures & {
  previous?: Figures;
  series: Series[];
  previous_series?: Series[];
  top_products: { product_id: string; name: string; image_url?: string; quantity: number; revenue: Money }[];
};
type OverviewRow = { id: string; customer_id?: string; external_id?: string; name?: string; at: string; amount?: Money };
type Key = {
  id: string;
  name: string;
  scope: string;
  prefix: string;
  browser: boolean;
  key?: string;
  source_id: string;
  shop_id: string;
  created_at: string;
  last_used_at?: string;
  revoked_at?: string;
};
type Source = { id: string; shop_id: string; name: string; kind: string; trusted_orders: boolean; created_at: string };
type Rate = { currency: string; day: string; rate: string; source?: 'file' | 'api' | 'hand' };
type Audit = {
  id: string;
  at: string;
  actor_kind: string;
  actor_id: string;
  actor_name: string;
  ip: string;
  action: string;
  subject: string;
  detail?: unknown;
};
type PageQuery = { limit?: number; cursor?: string };
type Status = {
  version: string;
  engine: { store: string; warehouse: string };
  ingest: { accepted: number; applied: number; refused: number; duplicates: number; lag_seconds: number };
};

export interface paths {
  '/api/v1/setup': {
    get: Get<{ needed: boolean }>;
    post: Send<
      { email: string; name: string; password: string; shop_name: string; currency: string; zone: string; language: string },
      Me
    >;
  };
  '/api/v1/sessions': { post: Send<{ email: string; password: string }, Me> };
  '/api/v1/sessions/current': {
    delete: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody?: never;
      responses: { 204: { headers: Record<string, unknown>; content?: never } };
    };
  };
  '/api/v1/me': { get: Get<Me>; patch: Send<{ language?: string; name?: string }, Me> };
  '/api/v1/me/password': { post: Send<{ current: string; password: string }, undefined> };
  '/api/v1/users': { get: Get<Page<User>>; post: Send<{ email: string; name: string; role: string; password: string }, User> };
  '/api/v1/users/{id}': { patch: SendOne<{ name?: string; role?: string; disabled?: boolean; password?: string }, User> };
  '/api/v1/keys': {
    get: Get<Page<Key>>;
    post: Send<{ name: string; scope: string; browser?: boolean; shop_id?: string }, Key>;
  };
  '/api/v1/keys/{id}': { delete: Act };
  '/api/v1/sources': { get: Get<Page<Source>> };
  '/api/v1/sources/{id}': { patch: SendOne<{ trusted_orders: boolean }, Source> };
  '/api/v1/shops': { get: Get<Page<Shop>> };
  '/api/v1/shops/{id}': { patch: SendOne<Partial<Shop>, Shop> };
  '/api/v1/settings': {
    get: Get<{ currency: string; zone: string; language: string }>;
    patch: Send<{ currency?: string; zone?: string; language?: string }, { currency: string; zone: string; language: string }>;
  };
  '/api/v1/audit': { get: Get<Page<Audit>, PageQuery> };
  '/api/v1/rates': { get: Get<Page<Rate>, PageQuery & { currency?: string }>; put: Send<{ items: Rate[] }, { changed: number }> };
  '/api/v1/status': { get: Get<Status> };
  '/api/v1/customers': {
    get: Get<
      Page<Customer>,
      PageQuery & { q?: string; known?: boolean; has_orders?: boolean; sort?: string; order?: 'asc' | 'desc' }
    >;
  };
  '/api/v1/customers/{id}': { get: GetOne<CustomerDetail> };
  '/api/v1/customers/{id}/timeline': {
    get: GetOne<Page<{ at: string; kind: string; name: string; id: string; properties?: unknown }>, PageQuery & { kind?: string }>;
  };
  '/api/v1/customers/{id}/orders': { get: GetOne<Page<Order>, PageQuery> };
  '/api/v1/orders': { get: Get<Page<Order>, PageQuery & { customer_id?: string; external_id?: string; status?: 'pending' | 'placed' | 'cancelled' }> };
  '/api/v1/orders/{id}': { get: GetOne<OrderDetail> };
  '/api/v1/carts': { get: Get<Page<Cart>, PageQuery & { customer_id?: string; status?: 'open' | 'empty' | 'ordered' }> };
  '/api/v1/products': { get: Get<Page<Product>, PageQuery & { q?: string }> };
  '/api/v1/products/{id}': { get: GetOne<ProductDetail> };
  '/api/v1/events': {
    get: Get<Page<Event>, PageQuery & { message_id?: string; name?: string; customer_id?: string; from?: string; to?: string }>;
  };
  '/api/v1/events/live': { get: Get<{ minutes: { at: string; events: number }[]; visitors: number; events: Event[] }> };
  '/api/v1/refused-events': { get: Get<Page<Refused>, PageQuery> };
  '/api/v1/imports': { get: Get<Page<Import>, PageQuery> };
  '/api/v1/imports/{id}': { get: GetOne<Import> };
  '/api/v1/imports/{id}/cancel': { post: Act };
  '/api/v1/imports/{id}/resume': { post: Act };
  '/api/v1/reports/overview': { get: Get<Overview, { from: string; to: string; compare?: 'previous' | 'year' }> };
  '/api/v1/reports/overview/rows': { get: Get<Page<OverviewRow>, PageQuery & { figure: string; from: string; to: string }> };
}
