import { useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';

export type Product = Item<'/api/v1/products'>;
export type ProductDetail = Answer<'/api/v1/products/{id}'>;

export function useProducts(q: string | undefined) {
  const query = { ...(q ? { q } : {}), limit: 100 };
  return useKeyset<Product>(['products', query], (cursor, signal) =>
    need(api.GET('/api/v1/products', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function useProduct(id: string) {
  return useQuery({
    queryKey: ['product', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/products/{id}', { params: { path: { id } }, signal })),
  });
}
