import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { Answer, Item, Query } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';
import { dayAfter, type Period } from './period.ts';

export type Overview = Answer<'/api/v1/reports/overview'>;
export type OverviewRow = Item<'/api/v1/reports/overview/rows'>;
export type Live = Answer<'/api/v1/events/live'>;
export type RowsFigure = NonNullable<Query<'/api/v1/reports/overview/rows'>['figure']>;

export function useOverview(period: Period, compare: 'previous' | 'year') {
  const query = { from: period.from, to: dayAfter(period.until), compare };
  return useQuery({
    queryKey: ['overview', query],
    queryFn: ({ signal }) => need(api.GET('/api/v1/reports/overview', { params: { query }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: 60_000,
  });
}

/** The newest order there is: asked where a period has none. */
export function useNewestOrder(enabled: boolean) {
  return useQuery({
    queryKey: ['overview', 'newest'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/orders', { params: { query: { status: 'placed' as const, limit: 1 } }, signal })),
    select: (page) => page.items?.[0]?.placed_at,
    refetchInterval: 60_000,
    enabled,
  });
}

export function useOverviewRows(figure: RowsFigure | undefined, period: Period) {
  const query = { figure: figure as RowsFigure, from: period.from, to: dayAfter(period.until), limit: 50 };
  return useKeyset<OverviewRow>(
    ['overview', 'rows', query],
    (cursor, signal) =>
      need(api.GET('/api/v1/reports/overview/rows', { params: { query: { ...query, ...(cursor ? { cursor } : {}) } }, signal })),
    figure !== undefined,
  );
}

export function useLive(enabled: boolean) {
  return useQuery({
    queryKey: ['live'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/events/live', { signal })),
    refetchInterval: 3000,
    enabled,
  });
}
