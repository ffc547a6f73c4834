import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, need } from '@/api/client.ts';
import type { components } from '@/api/schema.gen.ts';

type Patch = Omit<components['schemas']['OrderPatch'], '$schema'>;

/** Changes parts of an order; everything that shows it is read again. */
export function useEditOrder(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: Patch) => need(api.PATCH('/api/v1/orders/{id}', { params: { path: { id } }, body })),
    onSuccess: () => client.invalidateQueries({ predicate: (q) => q.queryKey[0] !== 'me' }),
  });
}
