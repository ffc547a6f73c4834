import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Answer, Body, Item, Query } from '@/api/types.ts';
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

export function useRefused(code: string) {
  const query = { limit: 50, ...(code ? { code, open: true } : {}) };
  return useKeyset<Refused>(['events', 'refused', code], (cursor, signal) =>
    need(api.GET('/api/v1/refused-events', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

/** Why events stand refused, and how many. */
export function useReasons() {
  return useQuery({
    queryKey: ['events', 'reasons'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/refused-events/reasons', { signal })),
    refetchInterval: 5000,
  });
}

export interface Resent {
  sent: number;
  refused: number;
  skipped: number;
}

/** Sends refused events again: those named, or all with a reason, portion by portion. */
export function useSendAgain(done: (r: Resent) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Body<'/api/v1/refused-events/again', 'post'>): Promise<Resent> => {
      const sum = { sent: 0, refused: 0, skipped: 0 };
      for (let cursor = ''; ; ) {
        const part = await need(api.POST('/api/v1/refused-events/again', { body: { ...body, ...(cursor ? { cursor } : {}) } }));
        sum.sent += part.sent;
        sum.refused += part.refused;
        sum.skipped += part.skipped;
        cursor = part.next_cursor;
        if (!cursor) return sum;
      }
    },
    onSuccess: done, // here, since the row that asked may be gone from the list by then
    onSettled: () => client.invalidateQueries({ queryKey: ['events'] }),
  });
}

export type Streamed = Item<'/api/v1/event-stream'>;
export type StreamFilter = Omit<Query<'/api/v1/event-stream'>, 'cursor'>;

export function readStream(filter: StreamFilter, cursor: string, signal: AbortSignal) {
  return need(api.GET('/api/v1/event-stream', { params: { query: { ...filter, ...(cursor ? { cursor } : {}) } }, signal }));
}

export type Trace = Answer<'/api/v1/events/{id}/trace'>;

/** An event as it came and what was made of it. While it waits it is asked for again. */
export function useTrace(id: string) {
  return useQuery({
    queryKey: ['trace', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/events/{id}/trace', { params: { path: { id } }, signal })),
    refetchInterval: (q) => (q.state.data?.verdict === 'waiting' ? 1000 : false),
  });
}

export function useSourceNames(enabled: boolean) {
  return useQuery({ queryKey: ['sources'], queryFn: ({ signal }) => need(api.GET('/api/v1/sources', { signal })), enabled });
}

export type Entry = Item<'/api/v1/event-names'>;
export type EntryDetail = Answer<'/api/v1/event-names/{id}'>;
export type EntryProperty = NonNullable<EntryDetail['properties']>[number];
export type NameQuery = Query<'/api/v1/event-names'>;

export function useNames(query: NameQuery) {
  return useKeyset<Entry>(['names', query], (cursor, signal) =>
    need(api.GET('/api/v1/event-names', { params: { query: { limit: 50, ...query, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

export function useName(id: string) {
  return useQuery({
    queryKey: ['names', 'one', id],
    queryFn: ({ signal }) => need(api.GET('/api/v1/event-names/{id}', { params: { path: { id } }, signal })),
  });
}

function useChange<V>(change: (v: V) => Promise<unknown>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: ['names'] }) });
}

export const useDescribe = (id: string) =>
  useChange((body: Body<'/api/v1/event-names/{id}', 'patch'>) =>
    need(api.PATCH('/api/v1/event-names/{id}', { params: { path: { id } }, body })),
  );

export const usePlan = () => useChange((body: Body<'/api/v1/event-names', 'post'>) => need(api.POST('/api/v1/event-names', { body })));

export const useMakeRule = () => useChange((body: Body<'/api/v1/event-rules', 'post'>) => need(api.POST('/api/v1/event-rules', { body })));

export const useEndRule = () => useChange((id: string) => need(api.DELETE('/api/v1/event-rules/{id}', { params: { path: { id } } })));

export const useDeleteName = () => useChange((id: string) => done(api.DELETE('/api/v1/event-names/{id}', { params: { path: { id } } })));

/** How much came in, and how far behind the rooms are. */
export function useIngest() {
  return useQuery({
    queryKey: ['status'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/status', { signal })),
    refetchInterval: 5000,
  });
}
