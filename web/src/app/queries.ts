import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Answer } from '@/api/types.ts';
import { setPrefs } from '@/shared/prefs/prefs.ts';

export type Hit = Answer<'/api/v1/search'>['items'][number];

/** Customers, orders and products for the palette: a handful of each, as one types. */
export function useFound(q: string, enabled: boolean) {
  return useQuery({
    queryKey: ['palette', q],
    queryFn: ({ signal }) => need(api.GET('/api/v1/search', { params: { query: { q, limit: 5 } }, signal })),
    enabled: enabled && q.length > 1,
    placeholderData: keepPreviousData,
  });
}

/** Changes the language here at once, and with the account so that mails and other devices follow. */
export function chooseLanguage(language: string): void {
  setPrefs({ language });
  done(api.PATCH('/api/v1/me', { body: { language } })).catch(() => {
    // Without a connection the choice still holds on this device.
  });
}

/** How much room the server has; asked rarely, by whoever may. */
export function useDisk(enabled: boolean) {
  const status = useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/status', { signal })),
    enabled,
    refetchInterval: 60_000,
  });
  return status.data?.disk.state;
}
