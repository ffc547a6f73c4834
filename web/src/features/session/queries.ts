import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Body } from '@/api/types.ts';
import { meQuery } from '@/shared/me/queries.ts';

export type SetUp = Body<'/api/v1/setup', 'post'>;
export type SignIn = Body<'/api/v1/sessions', 'post'>;

export const setUpQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: () => need(api.GET('/api/v1/setup')),
  staleTime: 60_000,
});

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: SignIn) => {
      await done(api.POST('/api/v1/sessions', { body }));
      client.removeQueries({ queryKey: meQuery.queryKey });
      return client.fetchQuery(meQuery);
    },
  });
}

export function useSetUp() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: SetUp) => {
      await done(api.POST('/api/v1/setup', { body }));
      client.removeQueries({ queryKey: ['setup'] });
      return client.fetchQuery(meQuery);
    },
  });
}

export function signOut(): Promise<void> {
  return done(api.DELETE('/api/v1/sessions/current'));
}
