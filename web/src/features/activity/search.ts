export interface EventSearch {
  tab?: 'live' | 'find' | 'refused';
  name?: string;
  message?: string;
}

export function eventSearch(s: Record<string, unknown>): EventSearch {
  return {
    ...(s.tab === 'find' || s.tab === 'refused' ? { tab: s.tab } : {}),
    ...(typeof s.name === 'string' && s.name ? { name: s.name } : {}),
    ...(typeof s.message === 'string' && s.message ? { message: s.message } : {}),
  };
}
