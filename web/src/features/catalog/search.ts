export interface ProductSearch {
  q?: string;
}

export function productSearch(s: Record<string, unknown>): ProductSearch {
  const q = typeof s.q === 'number' ? String(s.q) : s.q;
  return typeof q === 'string' && q ? { q } : {};
}
