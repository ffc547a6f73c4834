import { type Kind, picked } from '@/shared/list/search.ts';

export interface ProductSearch {
  q?: string;
  category?: string;
  brand?: string;
  stock?: boolean;
  active?: boolean;
  currency?: string;
  least?: string;
  most?: string;
  sort?: 'name' | 'price' | 'stock' | 'updated';
  down?: boolean;
}

const kinds: Record<keyof ProductSearch, Kind> = {
  q: 'text',
  category: 'text',
  brand: 'text',
  stock: 'flag',
  active: 'flag',
  currency: 'text',
  least: 'text',
  most: 'text',
  sort: ['name', 'price', 'stock', 'updated'],
  down: 'flag',
};

export function productSearch(s: Record<string, unknown>): ProductSearch {
  return picked<ProductSearch>(s, kinds);
}

/** The stretches of days that a product's page shows. */
export const spans = [28, 90, 365] as const;
export type Span = (typeof spans)[number];
