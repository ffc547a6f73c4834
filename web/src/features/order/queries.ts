import { useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item, Query } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';
import { asked, dayAfter, type FileChoice, fileAddress, word } from '@/shared/list/search.ts';
import type { CartSearch, OrderSearch } from './search.ts';

export type Order = Item<'/api/v1/orders'>;
export type OrderDetail = Answer<'/api/v1/orders/{id}'>;
export type Cart = Item<'/api/v1/carts'>;
export type CartDetail = Answer<'/api/v1/carts/{customer_id}/{shop_id}/{key}'>;

function orderQuery(s: OrderSearch): Query<'/api/v1/orders'> {
  return asked({
    q: s.number,
    status: s.status,
    shop_id: s.shop,
    customer_id: s.customer,
    product_id: s.product,
    coupon: s.coupon,
    currency: s.currency,
    refunded: word(s.refunded),
    from: s.from,
    to: dayAfter(s.until),
    amount_from: s.least,
    amount_to: s.most,
    sort: s.sort,
    order: s.up ? ('asc' as const) : undefined,
    limit: 100,
  });
}

export function useOrders(s: OrderSearch) {
  const query = orderQuery(s);
  return useKeyset<Order>(['orders', query], (cursor, signal) =>
    need(api.GET('/api/v1/orders', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function ordersFile(s: OrderSearch, choice: FileChoice): string {
  return fileAddress('/api/v1/orders/export', orderQuery(s), choice);
}

export function useOrder(id: string) {
  return useQuery({
    queryKey: ['order', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/orders/{id}', { params: { path: { id } }, signal })),
  });
}

function cartQuery(s: CartSearch): Query<'/api/v1/carts'> {
  return asked({
    status: s.state === 'all' ? undefined : (s.state ?? ('open' as const)),
    customer_id: s.customer,
    shop_id: s.shop,
    currency: s.currency,
    from: s.from,
    to: dayAfter(s.until),
    value_from: s.least,
    value_to: s.most,
    order: s.up ? ('asc' as const) : undefined,
    limit: 100,
  });
}

export function useCarts(s: CartSearch) {
  const query = cartQuery(s);
  return useKeyset<Cart>(['carts', query], (cursor, signal) =>
    need(api.GET('/api/v1/carts', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function cartsFile(s: CartSearch, choice: FileChoice): string {
  return fileAddress('/api/v1/carts/export', cartQuery(s), choice);
}

export interface CartPlace {
  customer_id: string;
  shop_id: string;
  key: string;
}

export function useCart(place: CartPlace) {
  return useQuery({
    queryKey: ['cart', place],
    queryFn: ({ signal }) => need(api.GET('/api/v1/carts/{customer_id}/{shop_id}/{key}', { params: { path: place }, signal })),
  });
}

/** The shops, to choose from and to name; their list is short. */
export function useShops() {
  return useQuery({
    queryKey: ['shops'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/shops', { signal })),
    staleTime: 300_000,
  });
}

/** The name of an order's buyer, for the card beside it. */
export function useBuyer(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['customer', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/customers/{id}', { params: { path: { id } }, signal })),
    enabled: enabled && id !== '' && id !== '0',
  });
}
