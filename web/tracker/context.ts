/** The page as an event tells of it. */
export interface PageInfo {
  path: string;
  url: string;
  title: string;
  referrer: string;
  search: string;
}

/** With hash, what follows the # is part of the address: shops whose router keeps its place there. */
export function pageInfo(hash: boolean, referrer: string): PageInfo {
  const { pathname, search, href, hash: place } = location;
  return {
    path: hash ? pathname + place : pathname,
    url: hash ? href : (href.split('#')[0] as string),
    title: document.title,
    referrer,
    search,
  };
}

/** The campaign that an address names, as Segment's context.campaign has it; undefined where it names none. */
export function campaignOf(search: string): Record<string, string> | undefined {
  const query = new URLSearchParams(search);
  const out: Record<string, string> = {};
  for (const part of ['campaign', 'source', 'medium', 'term', 'content', 'id']) {
    const value = query.get(`utm_${part}`);
    if (value) out[part === 'campaign' ? 'name' : part] = value.slice(0, 200);
  }
  return Object.keys(out).length ? out : undefined;
}

/** A random UUID. crypto.randomUUID is missing on pages without https. */
export function uuid(): string {
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = ((b[6] as number) & 15) | 64;
  b[8] = ((b[8] as number) & 63) | 128;
  let i = 0;
  return '00-0-0-0-000'.replace(/0/g, () => [0, 1].map(() => (b[i++] as number).toString(16).padStart(2, '0')).join(''));
}
