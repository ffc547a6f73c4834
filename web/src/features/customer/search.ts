export interface CustomerSearch {
  q?: string;
  known?: boolean;
  buyers?: boolean;
  sort?: 'last_seen' | 'name' | 'spent' | 'orders' | 'created';
  up?: boolean;
}

const sorts = ['last_seen', 'name', 'spent', 'orders', 'created'];

/** The list's state lives in the address, so that it can be sent to a colleague. */
export function customerSearch(s: Record<string, unknown>): CustomerSearch {
  return {
    ...(typeof s.q === 'string' && s.q ? { q: s.q } : {}),
    ...(typeof s.q === 'number' ? { q: String(s.q) } : {}),
    ...(typeof s.known === 'boolean' ? { known: s.known } : {}),
    ...(typeof s.buyers === 'boolean' ? { buyers: s.buyers } : {}),
    ...(sorts.includes(s.sort as string) ? { sort: s.sort as CustomerSearch['sort'] } : {}),
    ...(typeof s.up === 'boolean' ? { up: s.up } : {}),
  };
}
