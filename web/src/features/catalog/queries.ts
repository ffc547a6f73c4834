import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item, Query } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';
import { asked, dayAfter, type FileChoice, fileAddress, word } from '@/shared/list/search.ts';
import type { ProductSearch } from './search.ts';

export type Product = Item<'/api/v1/products'>;
export type Sale = Answer<'/api/v1/reports/products/{id}'>;
export type Buyer = Item<'/api/v1/reports/products/{id}/buyers'>;
export type ProductDetail = Answer<'/api/v1/products/{id}'>;

function productQuery(s: ProductSearch): Query<'/api/v1/products'> {
  return asked({
    q: s.q,
    category: s.category,
    brand: s.brand,
    in_stock: word(s.stock),
    active: word(s.active),
    currency: s.currency,
    price_from: s.least,
    price_to: s.most,
    sort: s.sort,
    order: s.down ? ('desc' as const) : undefined,
    limit: 100,
  });
}

export function useProducts(s: ProductSearch) {
  const query = productQuery(s);
  return useKeyset<Product>(['products', query], (cursor, signal) =>
    need(api.GET('/api/v1/products', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function productsFile(s: ProductSearch, choice: FileChoice): string {
  return fileAddress('/api/v1/products/export', productQuery(s), choice);
}

/** The categories and brands there are. */
export function useFacets() {
  return useQuery({
    queryKey: ['products', 'facets'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/products/facets', { signal })),
    staleTime: 60_000,
  });
}

export function usePrices(id: string) {
  return useQuery({
    queryKey: ['product', id, 'prices'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/products/{id}/prices', { params: { path: { id } }, signal })),
  });
}

/** How a product sells: the days from one to the other, and as many before. */
export function useSale(id: string, from: string, until: string, enabled: boolean) {
  const query = { from, to: dayAfter(until) as string, compare: 'previous' as const };
  return useQuery({
    queryKey: ['product', id, 'sale', query],
    queryFn: ({ signal }) => need(api.GET('/api/v1/reports/products/{id}', { params: { path: { id }, query }, signal })),
    placeholderData: keepPreviousData,
    enabled,
  });
}

export function useBuyers(id: string, enabled: boolean) {
  return useKeyset<Buyer>(
    ['product', id, 'buyers'],
    (cursor, signal) =>
      need(
        api.GET('/api/v1/reports/products/{id}/buyers', {
          params: { path: { id }, query: { limit: 10, ...(cursor ? { cursor } : {}) } },
          signal,
        }),
      ),
    enabled,
  );
}

export function useProduct(id: string) {
  return useQuery({
    queryKey: ['product', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/products/{id}', { params: { path: { id } }, signal })),
  });
}
