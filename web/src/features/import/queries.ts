import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need, type Progress, upload } from '@/api/client.ts';
import type { Answer, Body, Item } from '@/api/types.ts';
import { useKeyset } from '@/shared/list/keyset.ts';

export type Import = Item<'/api/v1/imports'>;
export type Plan = Answer<'/api/v1/imports/{id}/plan'>;
export type Preview = Answer<'/api/v1/imports/{id}/preview', 'post'>;
export type Change = Body<'/api/v1/imports/{id}', 'patch'>;

export function useImports() {
  return useKeyset<Import>(['imports'], (cursor, signal) =>
    need(api.GET('/api/v1/imports', { params: { query: { limit: 25, ...(cursor ? { cursor } : {}) } }, signal })),
  );
}

/** The states in which an import changes by itself. */
export function moves(status: string): boolean {
  return status === 'running' || status === 'waiting' || status === 'undoing';
}

/** Follows one import while something is done with it. */
export function useImport(id: string, start?: Import) {
  const client = useQueryClient();
  return useQuery({
    queryKey: ['import', id],
    queryFn: async ({ signal }) => {
      const now = await need(api.GET('/api/v1/imports/{id}', { params: { path: { id } }, signal }));
      if (!moves(now.status)) void client.invalidateQueries({ queryKey: ['imports'] });
      return now as Answer<'/api/v1/imports/{id}'>;
    },
    enabled: !start || moves(start.status),
    refetchInterval: (q) => (q.state.data && !moves(q.state.data.status) ? false : 1000),
    refetchIntervalInBackground: true,
  });
}

interface Sending {
  file: File;
  signal: AbortSignal;
}

/** Sends a file; what it holds is found out by the server. */
export function useUpload(onProgress: (p: Progress) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ file, signal }: Sending) => {
      const form = new FormData();
      form.set('draft', 'true');
      // The file goes last: the server reads the other parts first and need not keep it waiting.
      form.set('file', file, file.name);
      return upload<Import>('/api/v1/imports', form, onProgress, signal);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['imports'] }),
  });
}

const path = (id: string) => ({ params: { path: { id } } });

export function usePlan(id: string, enabled: boolean) {
  return useQuery({
    queryKey: ['import', id, 'plan'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/imports/{id}/plan', { ...path(id), signal })),
    enabled,
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export function useChange(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Change) => need(api.PATCH('/api/v1/imports/{id}', { ...path(id), body })),
    onSuccess: (plan) => client.setQueryData(['import', id, 'plan'], plan),
  });
}

export function usePreview(id: string) {
  return useMutation({ mutationFn: () => need(api.POST('/api/v1/imports/{id}/preview', path(id))) });
}

/** Starts a draft as it was looked at. Where somebody else was quicker, what is shown is fetched anew. */
export function useStart(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (seen: string) => done(api.POST('/api/v1/imports/{id}/start', { params: { path: { id }, query: { seen } } })),
    onSettled: async (_, error) => {
      void client.invalidateQueries({ queryKey: ['imports'] });
      await client.invalidateQueries({ queryKey: ['import', id], exact: true });
      if (error && client.getQueryData<Import>(['import', id])?.status === 'draft') {
        await client.invalidateQueries({ queryKey: ['import', id, 'plan'] });
      }
    },
  });
}

export function useImportAct(act: 'cancel' | 'resume' | 'undo' | 'discard') {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => {
      switch (act) {
        case 'cancel':
          return done(api.POST('/api/v1/imports/{id}/cancel', path(id)));
        case 'resume':
          return done(api.POST('/api/v1/imports/{id}/resume', path(id)));
        case 'undo':
          return done(api.POST('/api/v1/imports/{id}/undo', path(id)));
        default:
          return done(api.DELETE('/api/v1/imports/{id}', path(id)));
      }
    },
    onSettled: (_, error, id) => {
      void client.invalidateQueries({ queryKey: ['imports'] });
      if (act !== 'discard' || error) void client.invalidateQueries({ queryKey: ['import', id], exact: true });
    },
  });
}

export function errorFileUrl(id: string): string {
  return `/api/v1/imports/${encodeURIComponent(id)}/errors`;
}
