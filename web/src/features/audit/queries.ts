import { api, need } from '@/api/client.ts';
import type { Item } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';

export type Entry = Item<'/api/v1/audit'>;

export function useAudit() {
  return useKeyset<Entry>(['audit'], (cursor, signal) =>
    need(api.GET('/api/v1/audit', { params: { query: { limit: 100, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}
