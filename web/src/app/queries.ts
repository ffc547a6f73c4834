import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';

/** Customers for the palette: a handful, as one types. */
export function useFoundCustomers(q: string, enabled: boolean) {
  return useQuery({
    queryKey: ['palette', q],
    queryFn: ({ signal }) => need(api.GET('/api/v1/customers', { params: { query: { q, limit: 6 } }, signal })),
    enabled: enabled && q.length > 1,
    placeholderData: keepPreviousData,
  });
}
