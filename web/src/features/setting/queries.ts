import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Body, Item } from '@/api/types.ts';
import { meQuery } from '@/shared/me/queries.ts';

export type Shop = Item<'/api/v1/shops'>;
export type ShopPatch = Body<'/api/v1/shops/{id}', 'patch'>;
export type SettingsPatch = Body<'/api/v1/settings', 'patch'>;

export function useShops() {
  return useQuery({ queryKey: ['shops'], queryFn: ({ signal }) => need(api.GET('/api/v1/shops', { signal })) });
}

export function useSettings() {
  return useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => need(api.GET('/api/v1/settings', { signal })) });
}

export function useStatus() {
  return useQuery({ queryKey: ['status'], queryFn: ({ signal }) => need(api.GET('/api/v1/status', { signal })) });
}

/** Shop and settings stand in /me too, by which every page is drawn. */
function useAgain() {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: ['shops'] });
    void client.invalidateQueries({ queryKey: ['settings'] });
    void client.fetchQuery({ ...meQuery, staleTime: 0 });
  };
}

export function useSaveShop(id: string) {
  return useMutation({
    mutationFn: (body: ShopPatch) => need(api.PATCH('/api/v1/shops/{id}', { params: { path: { id } }, body })),
    onSuccess: useAgain(),
  });
}

export function useAddShop() {
  return useMutation({
    mutationFn: (body: Body<'/api/v1/shops', 'post'>) => need(api.POST('/api/v1/shops', { body })),
    onSuccess: useAgain(),
  });
}

export function useSaveSettings() {
  return useMutation({
    mutationFn: (body: SettingsPatch) => need(api.PATCH('/api/v1/settings', { body })),
    onSuccess: useAgain(),
  });
}

export function useBackups() {
  return useQuery({
    queryKey: ['backups'],
    queryFn: ({ signal }) => need(api.GET('/api/v1/backups', { signal })),
    refetchInterval: (q) => (q.state.data?.running ? 2000 : false),
  });
}

export function useTakeBackup(onError: (error: unknown) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => done(api.POST('/api/v1/backups')),
    onSettled: () => client.invalidateQueries({ queryKey: ['backups'] }),
    onError,
  });
}

export const backupFile = (name: string) => `/api/v1/backups/${encodeURIComponent(name)}/file`;
