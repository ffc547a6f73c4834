import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { components } from '@/api/schema.gen.ts';
import type { Answer } from '@/api/types.ts';

type S = components['schemas'];
export type Order = Answer<'/api/v1/orders/{id}'>;
export type Customer = Answer<'/api/v1/customers/{id}'>;
export type Product = Answer<'/api/v1/products/{id}'>;
export type OrderBody = Omit<S['OrderDraft'], '$schema'>;
export type RefundBody = Omit<S['OrderRefundDraft'], '$schema'>;
export type CustomerBody = Omit<S['CustomerWritten'], '$schema'>;
export type ProductBody = Omit<S['CatalogDraft'], '$schema'>;

/** What was there when the form was opened: it is not read again while somebody types. */
const once = { staleTime: Number.POSITIVE_INFINITY, gcTime: 0 };

export function useOrderToEdit(id: string) {
  return useQuery({
    queryKey: ['edit', 'order', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/orders/{id}', { params: { path: { id } }, signal })),
    enabled: id !== '',
    ...once,
  });
}

export function useCustomerToEdit(id: string) {
  return useQuery({
    queryKey: ['edit', 'customer', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/customers/{id}', { params: { path: { id } }, signal })),
    enabled: id !== '' && id !== '0',
    ...once,
  });
}

export function useProductToEdit(id: string) {
  return useQuery({
    queryKey: ['edit', 'product', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/products/{id}', { params: { path: { id } }, signal })),
    enabled: id !== '',
    ...once,
  });
}

/** Products whose words begin as typed, to put into a line. */
export function useProductChoices(q: string) {
  return useQuery({
    queryKey: ['edit', 'choices', q],
    queryFn: ({ signal }) => need(api.GET('/api/v1/products', { params: { query: { q, limit: 8 } }, signal })),
    enabled: q.trim().length > 1,
    staleTime: 30_000,
  });
}

/** Everything that shows what was changed is read again. */
function useRefresh() {
  const client = useQueryClient();
  return () => client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'edit' && q.queryKey[0] !== 'me' });
}

const newKey = () => crypto.randomUUID();

export function useSaveOrder(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ body, version }: { body: OrderBody; version: string }) => {
      if (!id) return need(api.POST('/api/v1/orders', { body, headers: { 'Idempotency-Key': newKey() } }));
      const { external_id: _number, shop_id: _shop, refunds: _refunds, ...patch } = body;
      return need(api.PATCH('/api/v1/orders/{id}', { params: { path: { id } }, body: { ...patch, version } }));
    },
    onSuccess: refresh,
  });
}

export function useRefundOrder(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: RefundBody) =>
      need(api.POST('/api/v1/orders/{id}/refunds', { params: { path: { id } }, body, headers: { 'Idempotency-Key': newKey() } })),
    onSuccess: refresh,
  });
}

export function useSaveCustomer(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ body, version }: { body: CustomerBody; version: string }) => {
      if (!id) return need(api.POST('/api/v1/customers', { body, headers: { 'Idempotency-Key': newKey() } }));
      const { shop_id: _shop, ...patch } = body;
      return need(api.PATCH('/api/v1/customers/{id}', { params: { path: { id } }, body: { ...patch, version } }));
    },
    onSuccess: refresh,
  });
}

export function useSaveProduct(id: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ body, version, unset }: { body: ProductBody; version: string; unset: ('price' | 'cost' | 'stock')[] }) => {
      if (!id) return need(api.POST('/api/v1/products', { body, headers: { 'Idempotency-Key': newKey() } }));
      const { external_id: _number, shop_id: _shop, ...patch } = body;
      return need(api.PATCH('/api/v1/products/{id}', { params: { path: { id } }, body: { ...patch, version, unset } }));
    },
    onSuccess: refresh,
  });
}
