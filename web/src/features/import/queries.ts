import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need, type Progress, upload } from '@/api/client.ts';
import type { Answer, Item } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';

export type Import = Item<'/api/v1/imports'>;

export function useImports() {
  const list = useKeyset<Import>(['imports'], (cursor, signal) =>
    need(api.GET('/api/v1/imports', { params: { query: { limit: 25, ...(cursor ? { cursor } : {}) } }, signal })),
  );
  return list;
}

/** Follows one import while it runs. */
export function useImport(start: Import) {
  const running = start.status === 'running' || start.status === 'waiting';
  const client = useQueryClient();
  return useQuery({
    queryKey: ['import', start.id],
    queryFn: async ({ signal }) => {
      const now = await need(api.GET('/api/v1/imports/{id}', { params: { path: { id: start.id } }, signal }));
      if (now.status !== 'running' && now.status !== 'waiting') void client.invalidateQueries({ queryKey: ['imports'] });
      return now as Answer<'/api/v1/imports/{id}'>;
    },
    enabled: running,
    refetchInterval: (q) => (q.state.data && q.state.data.status !== 'running' && q.state.data.status !== 'waiting' ? false : 1000),
    refetchIntervalInBackground: true,
  });
}

export interface NewImport {
  file: File;
  kind: string;
  dryRun: boolean;
  currency: string;
  zone: string;
  mapping: Record<string, string>;
}

export function useStartImport(onProgress: (p: Progress) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, kind, dryRun, currency, zone, mapping }: NewImport) => {
      const form = new FormData();
      form.set('kind', kind);
      if (dryRun) form.set('dry_run', 'true');
      if (currency) form.set('currency', currency);
      if (zone) form.set('zone', zone);
      if (Object.keys(mapping).length > 0) form.set('mapping', JSON.stringify(mapping));
      // The file goes last: the server reads the other parts first and need not keep it waiting.
      form.set('file', file, file.name);
      return upload<Import>('/api/v1/imports', form, onProgress);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['imports'] }),
  });
}

export function useImportAct(act: 'cancel' | 'resume') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      done(
        act === 'cancel'
          ? api.POST('/api/v1/imports/{id}/cancel', { params: { path: { id } } })
          : api.POST('/api/v1/imports/{id}/resume', { params: { path: { id } } }),
      ),
    onSuccess: (_, id) => {
      void client.invalidateQueries({ queryKey: ['imports'] });
      void client.invalidateQueries({ queryKey: ['import', id] });
    },
  });
}

export function errorFileUrl(id: string): string {
  return `/api/v1/imports/${encodeURIComponent(id)}/errors`;
}
