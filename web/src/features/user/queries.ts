import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Body, Item } from '@/api/types.ts';
import { meQuery } from '@/shared/me/queries.ts';

export type User = Item<'/api/v1/users'>;
export type NewUser = Body<'/api/v1/users', 'post'>;
export type UserPatch = Body<'/api/v1/users/{id}', 'patch'>;

export function useUsers() {
  return useQuery({ queryKey: ['users'], queryFn: ({ signal }) => need(api.GET('/api/v1/users', { signal })) });
}

export function useAddUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: NewUser) => need(api.POST('/api/v1/users', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export function useSaveUser() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: UserPatch & { id: string }) => need(api.PATCH('/api/v1/users/{id}', { params: { path: { id } }, body })),
    onSettled: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
}

export function useSaveMe() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body<'/api/v1/me', 'patch'>) => need(api.PATCH('/api/v1/me', { body })),
    onSuccess: () => client.fetchQuery({ ...meQuery, staleTime: 0 }),
  });
}

export function useChangePassword() {
  return useMutation({
    mutationFn: (body: Body<'/api/v1/me/password', 'post'>) => done(api.POST('/api/v1/me/password', { body })),
  });
}
