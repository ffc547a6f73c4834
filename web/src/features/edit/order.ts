import { plainNumber, readNumber, shortAmount } from './amount.ts';
import { type LineForm, newLine } from './LinesField.tsx';
import type { Order, OrderBody } from './queries.ts';

export interface OrderForm {
  number: string;
  currency: string;
  day: string;
  customerId: string;
  email: string;
  customerNumber: string;
  name: string;
  lines: LineForm[];
  discount: string;
  shipping: string;
  tax: string;
  taxIncluded: boolean;
  coupon: string;
  note: string;
  cancelled: boolean;
}

const amountField = (m: { amount: string }) => (Number(m.amount) ? shortAmount(m.amount) : '');

export function emptyOrder(currency: string, day: string, customerId: string): OrderForm {
  return {
    number: '',
    currency,
    day,
    customerId,
    email: '',
    customerNumber: '',
    name: '',
    lines: [newLine()],
    discount: '',
    shipping: '',
    tax: '',
    taxIncluded: false,
    coupon: '',
    note: '',
    cancelled: false,
  };
}

export function formOf(o: Order, dayKey: (at: string) => string): OrderForm {
  return {
    ...emptyOrder(o.total.currency, o.placed_at ? dayKey(o.placed_at) : '', o.customer_id === '0' ? '' : o.customer_id),
    number: o.external_id,
    lines: o.lines.map((l) => ({
      ...newLine(),
      productId: l.product_id === '0' ? '' : l.product_id,
      name: l.name,
      sku: l.sku,
      quantity: String(l.quantity),
      price: shortAmount(l.price.amount),
      discount: amountField(l.discount),
    })),
    discount: amountField(o.discount),
    shipping: amountField(o.shipping),
    tax: amountField(o.tax),
    taxIncluded: o.tax_included,
    coupon: o.coupon ?? '',
    cancelled: o.status === 'cancelled',
  };
}

/** What the lines and the rest come to, for the reader's eyes; the server works it out for good. */
export function sumOf(form: OrderForm): { items: number; total: number } {
  const items = form.lines.reduce((sum, l) => sum + Math.max(0, readNumber(l.price) * readNumber(l.quantity) - readNumber(l.discount)), 0);
  const total = items - readNumber(form.discount) + readNumber(form.shipping) + (form.taxIncluded ? 0 : readNumber(form.tax));
  return { items, total };
}

const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b);

/** What is sent: everything of a new order, of one that exists only what was changed, so that what the form does not show stays. */
export function bodyOf(form: OrderForm, was: OrderForm | undefined, today: string): OrderBody {
  const money = (text: string) => ({ amount: plainNumber(text) || '0', currency: form.currency });
  const changed = (key: keyof OrderForm) => !was || form.currency !== was.currency || !same(form[key], was[key]);
  const body: OrderBody = {};
  if (!was) {
    if (form.number.trim()) body.external_id = form.number.trim();
    body.placed_at = form.day === today ? new Date().toISOString() : `${form.day}T12:00:00Z`;
  } else if (changed('day') && form.day) body.placed_at = `${form.day}T12:00:00Z`;
  if (!was || form.currency !== was.currency) body.currency = form.currency;
  if (changed('lines') && (form.lines.length > 0 || was)) {
    body.lines = form.lines.map((l) => ({
      ...(l.productId ? { product_id: l.productId } : {}),
      name: l.name.trim(),
      sku: l.sku.trim(),
      quantity: Number(plainNumber(l.quantity)) || 0,
      ...(l.price.trim() ? { price: money(l.price) } : {}),
      ...(l.discount.trim() ? { discount: money(l.discount) } : {}),
    }));
  }
  for (const key of ['discount', 'shipping', 'tax'] as const) if (changed(key)) body[key] = money(form[key]);
  if (!was || form.taxIncluded !== was.taxIncluded) body.tax_included = form.taxIncluded;
  if (changed('coupon') && (form.coupon || was)) body.coupon = form.coupon.trim();
  const named = form.email.trim() || form.customerNumber.trim();
  if (named) {
    body.customer = {
      ...(form.email.trim() ? { email: form.email.trim() } : {}),
      ...(form.customerNumber.trim() ? { external_id: form.customerNumber.trim() } : {}),
      ...(form.name.trim() ? { name: form.name.trim() } : {}),
    };
  } else if (form.customerId && changed('customerId')) body.customer = { id: form.customerId };
  if (was && form.cancelled !== was.cancelled) body.status = form.cancelled ? 'cancelled' : 'placed';
  if (form.note.trim()) body.note = form.note.trim();
  return body;
}
