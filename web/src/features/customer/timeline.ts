import { numberOf } from '@/shared/ui/orderNumber.ts';
import type { TimelineItem } from './queries.ts';

/** What one may filter a timeline by, and the kinds of the API that each choice stands for. */
export const filters = {
  shopping: ['order', 'refund', 'cart'],
  activity: ['track', 'page', 'screen'],
  identity: ['identify', 'alias', 'group', 'identity'],
  consent: ['consent'],
} as const;

export type FilterKey = keyof typeof filters;

// The e-commerce events of the Segment specification, by the word of our catalogues.
const known: Record<string, string> = {
  'product viewed': 'productViewed',
  'product clicked': 'productClicked',
  'product list viewed': 'listViewed',
  'product list filtered': 'listFiltered',
  'products searched': 'searched',
  'product added': 'added',
  'product removed': 'removed',
  'product added to wishlist': 'wished',
  'product reviewed': 'reviewed',
  'product shared': 'shared',
  'cart viewed': 'cartViewed',
  'checkout started': 'checkoutStarted',
  'checkout step viewed': 'checkoutStep',
  'checkout step completed': 'checkoutStep',
  'payment info entered': 'paymentEntered',
  'coupon applied': 'couponApplied',
  'order completed': 'orderCompleted',
  'order updated': 'orderUpdated',
  'order refunded': 'orderRefunded',
  'order cancelled': 'orderCancelled',
};

export type Look = 'view' | 'search' | 'cart' | 'order' | 'refund' | 'page' | 'person' | 'consent' | 'event';

const looks: Record<string, Look> = {
  searched: 'search',
  added: 'cart',
  removed: 'cart',
  cartViewed: 'cart',
  checkoutStarted: 'cart',
  checkoutStep: 'cart',
  paymentEntered: 'cart',
  couponApplied: 'cart',
  orderCompleted: 'order',
  orderUpdated: 'order',
  orderRefunded: 'refund',
  orderCancelled: 'refund',
};

export interface Told {
  look: Look;
  /** Key of the sentence in the catalogue; undefined where we have no words and show the name as it came. */
  sentence: string | undefined;
  /** What the sentence is about: a product, a search, a page. */
  about: string;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** The names of the things in an order or a cart, the first few of them. */
function goods(lines: unknown): string {
  if (!Array.isArray(lines)) return '';
  const names = lines.map((l) => text((l as Record<string, unknown>)?.name) || text((l as Record<string, unknown>)?.sku)).filter(Boolean);
  return [...names.slice(0, 3), ...(names.length > 3 ? ['…'] : [])].join(' · ');
}

export function propertiesOf(item: TimelineItem): Record<string, unknown> {
  const p = item.properties;
  return typeof p === 'object' && p !== null && !Array.isArray(p) ? (p as Record<string, unknown>) : {};
}

/** Reads an item as a person would tell it. */
export function tell(item: TimelineItem): Told {
  const p = propertiesOf(item);
  const name = item.name ?? '';
  switch (item.kind) {
    case 'order': {
      const word = p.status === 'cancelled' ? 'orderCancelled' : 'orderPlaced';
      return { look: word === 'orderPlaced' ? 'order' : 'refund', sentence: word, about: numberOf(text(p.external_id) || name) };
    }
    case 'refund':
      return { look: 'refund', sentence: 'orderRefunded', about: numberOf(text(p.external_id) || name) };
    case 'cart':
      return { look: 'cart', sentence: p.status === 'ordered' ? 'cartOrdered' : 'cartLeft', about: goods(p.lines) };
    case 'consent': {
      return { look: 'consent', sentence: p.granted === false ? 'consentWithdrawn' : 'consentGiven', about: text(p.channel) || name };
    }
    case 'identity':
      // The number of a device says nothing to anybody.
      if (p.kind === 'anonymous_id') return { look: 'person', sentence: 'deviceSeen', about: '' };
      return { look: 'person', sentence: 'identityLearned', about: text(p.value) || name };
    case 'identify':
      return { look: 'person', sentence: 'identified', about: text(p.email) || text(p.name) };
    case 'alias':
      return { look: 'person', sentence: 'aliased', about: '' };
    case 'group':
      return { look: 'person', sentence: 'grouped', about: text(p.name) || name };
    case 'page':
    case 'screen':
      return {
        look: 'page',
        sentence: item.kind === 'page' ? 'page' : 'screen',
        about: text(p.title) || name || text(p.path) || text(p.url),
      };
    default: {
      const word = known[name.toLowerCase()];
      if (!word) return { look: 'event', sentence: undefined, about: name };
      const about =
        text(p.name) ||
        text(p.query) ||
        text(p.order_id) ||
        text(p.category) ||
        text(p.list_id) ||
        text(p.coupon_id) ||
        text(p.product_id) ||
        text(p.sku);
      return { look: looks[word] ?? 'view', sentence: word, about };
    }
  }
}

/** Cuts a timeline, newest first, into the days of the reader. */
export function byDay<T extends { at: string }>(items: T[], dayOf: (at: string) => string): { day: string; items: T[] }[] {
  const days: { day: string; items: T[] }[] = [];
  for (const item of items) {
    const day = dayOf(item.at);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(item);
    else days.push({ day, items: [item] });
  }
  return days;
}
