import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { api, done, need } from '@/api/client.ts';
import type { Body, Item } from '@/api/types.ts';
import { meQuery } from '@/shared/me/queries.ts';

export type User = Item<'/api/v1/users'>;
export type Invitation = Item<'/api/v1/invitations'>;
export type Session = Item<'/api/v1/me/sessions'>;
export type RoleRow = Item<'/api/v1/roles'>;
export type UserPatch = Body<'/api/v1/users/{id}', 'patch'>;

export function useUsers() {
  return useQuery({ queryKey: ['users'], queryFn: ({ signal }) => need(api.GET('/api/v1/users', { signal })) });
}

/** Links that nobody has used yet. */
export function useInvitations() {
  return useQuery({ queryKey: ['invitations'], queryFn: ({ signal }) => need(api.GET('/api/v1/invitations', { signal })) });
}

export function useInvite() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body<'/api/v1/invitations', 'post'>) => need(api.POST('/api/v1/invitations', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['invitations'] }),
    gcTime: 0, // the answer holds the link
  });
}

export function usePasswordLink() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => need(api.POST('/api/v1/users/{id}/password-link', { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['invitations'] }),
    gcTime: 0,
  });
}

export function useRevokeInvitation() {
  const client = useQueryClient();
  return async (id: string) => {
    await done(api.DELETE('/api/v1/invitations/{id}', { params: { path: { id } }, keepalive: true }));
    await client.invalidateQueries({ queryKey: ['invitations'] });
  };
}

export function useRoles() {
  return useQuery({ queryKey: ['roles'], queryFn: ({ signal }) => need(api.GET('/api/v1/roles', { signal })), staleTime: 60 * 60_000 });
}

export function useOwnSessions() {
  return useQuery({ queryKey: ['sessions'], queryFn: ({ signal }) => need(api.GET('/api/v1/me/sessions', { signal })) });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => done(api.DELETE('/api/v1/me/sessions/{id}', { params: { path: { id } } })),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

/** Ends the other sessions, or with `present` this one too. */
export function useEndSessions() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (present: boolean) => need(api.DELETE('/api/v1/me/sessions', { params: { query: { present } } })),
    onSuccess: (_, present) => !present && client.invalidateQueries({ queryKey: ['sessions'] }),
  });
}

export function useEndSessionsOf() {
  return useMutation({
    mutationFn: (id: string) => need(api.DELETE('/api/v1/users/{id}/sessions', { params: { path: { id } } })),
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
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Body<'/api/v1/me/password', 'post'>) => done(api.POST('/api/v1/me/password', { body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
}
