export interface OrderSearch {
  number?: string;
  status?: 'pending' | 'placed' | 'cancelled';
}

export function orderSearch(s: Record<string, unknown>): OrderSearch {
  const number = typeof s.number === 'number' ? String(s.number) : s.number;
  return {
    ...(typeof number === 'string' && number ? { number } : {}),
    ...(['pending', 'placed', 'cancelled'].includes(s.status as string) ? { status: s.status as OrderSearch['status'] } : {}),
  };
}
