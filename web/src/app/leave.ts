import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useCallback } from 'react';
import { signOut } from '@/features/session/queries.ts';

/** Signs out and forgets everything that was loaded. */
export function useLeave(): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useCallback(async () => {
    await signOut();
    await navigate({ to: '/signin', search: {} });
    client.clear();
  }, [client, navigate]);
}
