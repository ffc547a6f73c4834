import { queryOptions, useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer } from '@/api/types.ts';

export type Me = Answer<'/api/v1/me'>;

/** Who is signed in. Every page stands on it, so it lives below the features. */
export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: () => need(api.GET('/api/v1/me')),
  staleTime: 5 * 60_000,
});

export function useMe(): Me | undefined {
  return useQuery({ ...meQuery, enabled: false }).data;
}

/** Tells whether the reader may do something; the server decides again. */
export function useMay(): (permission: string) => boolean {
  const me = useMe();
  return (permission) => me?.permissions?.includes(permission) ?? false;
}

/** Currency and zone in which figures are given. */
export function useReporting(): { currency: string; zone: string } {
  return useMe()?.reporting ?? { currency: 'EUR', zone: 'UTC' };
}

/** Address for links and snippets that leave this browser: the public one where it is set, else that of the page. */
export function useBase(): string {
  return useMe()?.public_url || window.location.origin;
}
