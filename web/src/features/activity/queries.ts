import { useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';

export type ActivityEvent = Item<'/api/v1/events'>;
export type Live = Answer<'/api/v1/events/live'>;
export type LiveEvent = NonNullable<Live['events']>[number];
export type Refused = Item<'/api/v1/refused-events'>;

export function useLive(running: boolean) {
  return useQuery({
    queryKey: ['live'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/events/live', { signal })),
    refetchInterval: running ? 2000 : false,
  });
}

export function useEvents(s: { name?: string; message?: string }) {
  const query = { ...(s.name ? { name: s.name } : {}), ...(s.message ? { message_id: s.message } : {}), limit: 50 };
  return useKeyset<ActivityEvent>(['events', query], (cursor, signal) =>
    need(api.GET('/api/v1/events', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function useRefused(enabled: boolean) {
  return useKeyset<Refused>(
    ['events', 'refused'],
    (cursor, signal) =>
      need(api.GET('/api/v1/refused-events', { params: { query: { limit: 50, ...(cursor ? { cursor } : {}) } }, signal })),
    enabled,
  );
}

/** How much came in, and how far behind the rooms are. */
export function useIngest() {
  return useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/status', { signal })),
    refetchInterval: 5000,
  });
}
