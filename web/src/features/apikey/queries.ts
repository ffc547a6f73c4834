import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Body, Item } from '@/api/types.ts';

export type Key = Item<'/api/v1/keys'>;
export type Source = Item<'/api/v1/sources'>;
export type NewKey = Body<'/api/v1/keys', 'post'>;

export function useKeys() {
  return useQuery({ queryKey: ['keys'], queryFn: ({ signal }) => need(api.GET('/api/v1/keys', { signal })) });
}

export function useSources() {
  return useQuery({ queryKey: ['sources'], queryFn: ({ signal }) => need(api.GET('/api/v1/sources', { signal })) });
}

/** What came through each source in 24 hours. */
export function useSourceDays(enabled: boolean) {
  return useQuery({
    queryKey: ['sources', 'days'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/events/sources', { signal })),
    enabled,
    refetchInterval: 15_000,
  });
}

export function useShopNames() {
  return useQuery({ queryKey: ['shops'], queryFn: ({ signal }) => need(api.GET('/api/v1/shops', { signal })) });
}

export function useCreateKey() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewKey) => need(api.POST('/api/v1/keys', { body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['keys'] });
      void client.invalidateQueries({ queryKey: ['sources'] });
    },
  });
}

export function useRevoke() {
  const client = useQueryClient();
  return async (id: string) => {
    await done(api.DELETE('/api/v1/keys/{id}', { params: { path: { id } }, keepalive: true }));
    await client.invalidateQueries({ queryKey: ['keys'] });
  };
}

export function useTrust() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, trusted }: { id: string; trusted: boolean }) =>
      need(api.PATCH('/api/v1/sources/{id}', { params: { path: { id } }, body: { trusted_orders: trusted } })),
    onSettled: () => client.invalidateQueries({ queryKey: ['sources'] }),
  });
}
