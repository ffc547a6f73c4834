import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Answer, Body } from '@/api/types.ts';
import { languageOf } from '@/shared/i18n/languages.ts';
import { meQuery } from '@/shared/me/queries.ts';
import { setPrefs } from '@/shared/prefs/prefs.ts';

export type SetUp = Body<'/api/v1/setup', 'post'>;
export type SignIn = Body<'/api/v1/sessions', 'post'>;

export const setUpQuery = queryOptions({
  queryKey: ['setup'],
  queryFn: () => need(api.GET('/api/v1/setup')),
  staleTime: 60_000,
});

export type Welcome = Answer<'/api/v1/welcome', 'post'>;

/** What a link is for. The token is no part of the key, so that it is kept nowhere but in the page. */
export function useWelcome(token: string) {
  return useQuery({
    queryKey: ['welcome'],
    queryFn: ({ signal }) => need(api.POST('/api/v1/welcome', { body: { token }, signal })),
    enabled: token !== '',
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Uses a link and comes in; what an earlier person here had loaded is forgotten. */
export function useAccept() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: Body<'/api/v1/welcome/accept', 'post'>) => {
      await done(api.POST('/api/v1/welcome/accept', { body }));
      client.removeQueries({ predicate: (q) => q.queryKey[0] !== 'welcome' });
      const me = await client.fetchQuery(meQuery);
      if (me.user?.language) setPrefs({ language: languageOf(me.user.language).code });
      return me;
    },
  });
}

export function useSignIn() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: async (body: SignIn) => {
      await done(api.POST('/api/v1/sessions', { body }));
      client.removeQueries({ queryKey: meQuery.queryKey });
      const me = await client.fetchQuery(meQuery);
      // The language goes with the person; what is chosen on this device afterwards stays here and with the account.
      if (me.user?.language) setPrefs({ language: languageOf(me.user.language).code });
      return me;
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
