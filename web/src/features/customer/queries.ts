import { useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item, Query } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';
import type { CustomerSearch } from './search.ts';

export type Customer = Item<'/api/v1/customers'>;
export type CustomerDetail = Answer<'/api/v1/customers/{id}'>;
export type TimelineItem = Item<'/api/v1/customers/{id}/timeline'>;
export type CustomerOrder = Item<'/api/v1/customers/{id}/orders'>;
export type OpenCart = Item<'/api/v1/carts'>;

export function useCustomers(s: CustomerSearch) {
  const query: Query<'/api/v1/customers'> = {
    ...(s.q ? { q: s.q } : {}),
    ...(s.known === undefined ? {} : { known: s.known ? ('true' as const) : ('false' as const) }),
    ...(s.buyers === undefined ? {} : { has_orders: s.buyers ? ('true' as const) : ('false' as const) }),
    sort: s.sort ?? 'last_seen',
    order: s.up ? 'asc' : 'desc',
    limit: 100,
  };
  return useKeyset<Customer>(['customers', query], (cursor, signal) =>
    need(api.GET('/api/v1/customers', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function useCustomer(id: string) {
  return useQuery({
    queryKey: ['customer', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/customers/{id}', { params: { path: { id } }, signal })),
  });
}

export function useTimeline(id: string, kinds: string[]) {
  return useKeyset<TimelineItem>(['customer', id, 'timeline', kinds], (cursor, signal) =>
    need(
      api.GET('/api/v1/customers/{id}/timeline', {
        params: { path: { id }, query: { limit: 50, ...(kinds.length > 0 ? { kind: kinds } : {}), ...(cursor ? { cursor } : {}) } },
        signal,
      }),
    ),
  );
}

export function useCustomerOrders(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['customer', id, 'orders'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/customers/{id}/orders', { params: { path: { id }, query: { limit: 6 } }, signal })),
    enabled,
  });
}

export function useOpenCarts(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['customer', id, 'carts'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/carts', { params: { query: { customer_id: id, status: 'open', limit: 3 } }, signal })),
    enabled,
  });
}
