import { useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item, Query } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';
import { asked, dayAfter, type FileChoice, fileAddress, word } from '@/shared/list/search.ts';
import type { CustomerSearch } from './search.ts';

export type Customer = Item<'/api/v1/customers'>;
export type CustomerDetail = Answer<'/api/v1/customers/{id}'>;
export type TimelineItem = Item<'/api/v1/customers/{id}/timeline'>;
export type CustomerOrder = Item<'/api/v1/customers/{id}/orders'>;
export type OpenCart = Item<'/api/v1/carts'>;

function customerQuery(s: CustomerSearch): Query<'/api/v1/customers'> {
  return asked({
    q: s.q,
    known: word(s.known),
    has_orders: word(s.buyers),
    country: s.country,
    city: s.city,
    language: s.language,
    seen_from: s.from,
    seen_to: dayAfter(s.until),
    spent_from: s.least,
    spent_to: s.most,
    sort: s.sort ?? 'last_seen',
    order: s.up ? 'asc' : 'desc',
    limit: 100,
  });
}

export function useCustomers(s: CustomerSearch) {
  const query = customerQuery(s);
  return useKeyset<Customer>(['customers', query], (cursor, signal) =>
    need(api.GET('/api/v1/customers', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function customersFile(s: CustomerSearch, choice: FileChoice): string {
  return fileAddress('/api/v1/customers/export', customerQuery(s), choice);
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
