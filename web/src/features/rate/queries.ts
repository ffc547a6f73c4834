import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, need, upload } from '@/api/client.ts';
import type { Body, Item } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';

export type Rate = Item<'/api/v1/rates'>;

export function useRates(currency: string) {
  const query = { ...(currency ? { currency } : {}), limit: 100 };
  return useKeyset<Rate>(['rates', query], (cursor, signal) =>
    need(api.GET('/api/v1/rates', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function usePutRates() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (items: Body<'/api/v1/rates', 'put'>['items']) => need(api.PUT('/api/v1/rates', { body: { items } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['rates'] }),
  });
}

export function useRateFile() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (file: File) => {
      const form = new FormData();
      form.set('file', file, file.name);
      return upload<{ changed: number }>('/api/v1/rates/file', form, () => {});
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['rates'] }),
  });
}
