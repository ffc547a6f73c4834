import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Answer, Body } from '@/api/types.ts';

export type Start = Answer<'/api/v1/settings'>['start'];
type StartPatch = NonNullable<Body<'/api/v1/settings', 'patch'>['start']>;

/** How far the first steps are. They are kept with the settings, so that every browser goes on where the last one stopped. */
export function useStart(enabled = true): Start | undefined {
  return useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => need(api.GET('/api/v1/settings', { signal })), enabled }).data?.start;
}

export function useSaveStart() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (start: StartPatch) => need(api.PATCH('/api/v1/settings', { body: { start } })),
    onSuccess: (settings) => client.setQueryData(['settings'], settings),
  });
}

/** The newest events; asked for again until there is one. */
export function useFirstEvents() {
  return useQuery({
    queryKey: ['events', 'first'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/events', { params: { query: { limit: 5 } }, signal })),
    refetchInterval: (query) => ((query.state.data?.items?.length ?? 0) > 0 ? 10_000 : 1500),
  });
}

const demoKey = ['demo'];

/** The made-up shop: how far filling it is. Asked for often only while something goes on. */
export function useDemo() {
  return useQuery({
    queryKey: demoKey,
    queryFn: ({ signal }) => need(api.GET('/api/v1/demo', { signal })),
    refetchInterval: (query) => (query.state.data?.state === 'filling' ? 500 : false),
  });
}

export function useBeginDemo() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => done(api.POST('/api/v1/demo')),
    onSuccess: () => client.invalidateQueries({ queryKey: demoKey }),
  });
}

export function useEndDemo() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => done(api.DELETE('/api/v1/demo')),
    onSuccess: () => client.invalidateQueries({ queryKey: demoKey }),
  });
}
