import { useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';
import type { OrderSearch } from './search.ts';

export type Order = Item<'/api/v1/orders'>;
export type OrderDetail = Answer<'/api/v1/orders/{id}'>;
export type Cart = Item<'/api/v1/carts'>;

export function useOrders(s: OrderSearch) {
  const query = { ...(s.number ? { q: s.number } : {}), ...(s.status ? { status: s.status } : {}), limit: 100 };
  return useKeyset<Order>(['orders', query], (cursor, signal) =>
    need(api.GET('/api/v1/orders', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function useOrder(id: string) {
  return useQuery({
    queryKey: ['order', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/orders/{id}', { params: { path: { id } }, signal })),
  });
}

export function useCarts(status: Cart['status'] | undefined) {
  const query = { ...(status ? { status } : {}), limit: 100 };
  return useKeyset<Cart>(['carts', query], (cursor, signal) =>
    need(api.GET('/api/v1/carts', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

/** The name of an order's buyer, for the card beside it. */
export function useBuyer(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['customer', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/customers/{id}', { params: { path: { id } }, signal })),
    enabled: enabled && id !== '' && id !== '0',
  });
}
