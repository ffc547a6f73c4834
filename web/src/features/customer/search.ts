import { type Kind, picked } from '@/shared/list/search.ts';

export interface CustomerSearch {
  q?: string;
  known?: boolean;
  buyers?: boolean;
  country?: string;
  city?: string;
  language?: string;
  from?: string;
  until?: string;
  least?: string;
  most?: string;
  sort?: 'last_seen' | 'name' | 'spent' | 'orders' | 'created';
  up?: boolean;
}

const kinds: Record<keyof CustomerSearch, Kind> = {
  q: 'text',
  known: 'flag',
  buyers: 'flag',
  country: 'text',
  city: 'text',
  language: 'text',
  from: 'day',
  until: 'day',
  least: 'text',
  most: 'text',
  sort: ['last_seen', 'name', 'spent', 'orders', 'created'],
  up: 'flag',
};

/** The list's state lives in the address, so that it can be sent to a colleague. */
export function customerSearch(s: Record<string, unknown>): CustomerSearch {
  return picked<CustomerSearch>(s, kinds);
}
