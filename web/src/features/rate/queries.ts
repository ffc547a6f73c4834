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

/** The call with which a program sets rates, to be shown to people. */
export function rateCurl(origin: string, currency: string, day: string): string {
  return `curl -X PUT ${origin}/api/v1/rates \\
  -H 'Authorization: Bearer YOUR_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '{"items": [{"currency": "${currency}", "day": "${day}", "rate": "0.9213"}]}'`;
}
