import { type Kind, picked } from '@/shared/list/search.ts';

/** The list's state lives in the address, so that it can be sent to a colleague. */
export interface OrderSearch {
  number?: string;
  status?: 'pending' | 'placed' | 'cancelled' | 'return';
  shop?: string;
  customer?: string;
  product?: string;
  coupon?: string;
  currency?: string;
  refunded?: boolean;
  from?: string;
  until?: string;
  least?: string;
  most?: string;
  sort?: 'placed' | 'total';
  up?: boolean;
}

const orders: Record<keyof OrderSearch, Kind> = {
  number: 'text',
  status: ['pending', 'placed', 'cancelled', 'return'],
  shop: 'text',
  customer: 'text',
  product: 'text',
  coupon: 'text',
  currency: 'text',
  refunded: 'flag',
  from: 'day',
  until: 'day',
  least: 'text',
  most: 'text',
  sort: ['placed', 'total'],
  up: 'flag',
};

export function orderSearch(s: Record<string, unknown>): OrderSearch {
  return picked<OrderSearch>(s, orders);
}

export interface CartSearch {
  state?: 'all' | 'open' | 'left' | 'recovered' | 'ordered' | 'empty';
  customer?: string;
  shop?: string;
  currency?: string;
  from?: string;
  until?: string;
  least?: string;
  most?: string;
  up?: boolean;
}

const carts: Record<keyof CartSearch, Kind> = {
  state: ['all', 'open', 'left', 'recovered', 'ordered', 'empty'],
  customer: 'text',
  shop: 'text',
  currency: 'text',
  from: 'day',
  until: 'day',
  least: 'text',
  most: 'text',
  up: 'flag',
};

export function cartSearch(s: Record<string, unknown>): CartSearch {
  return picked<CartSearch>(s, carts);
}
