/** Attributes of the script tag (data-key, data-consent ...), or what init is called with. */
export interface Options {
  /** A browser key. */
  key?: string;
  /** Where Rapport is, with a path if it stands behind one; without it, where the script came from. */
  host?: string;
  /** wait: nothing leaves the page or is stored before consent(true), then what was held is sent. drop: what happens before is forgotten. */
  consent?: 'wait' | 'drop';
  /** manual: page views only by page(). hash: what follows the # is part of the address. */
  pages?: 'manual' | 'hash';
  vitals?: 'off';
  dnt?: 'ignore';
  gpc?: 'ignore';
  /** none: no cookie and no storage; every page load is another visitor. */
  storage?: 'none';
  /** Of the cookie; without it the widest one that is allowed. */
  domain?: string;
  /** Name of the global object instead of rapport. */
  global?: string;
  /** on: says in the console what is sent. */
  debug?: 'on';
  /** Sees every event before it is kept; may change it, or drop it by giving null. */
  before?(event: TrackedEvent): TrackedEvent | null | undefined;
}

export interface TrackedEvent {
  type: 'track' | 'page' | 'identify' | 'group' | 'alias';
  messageId: string;
  timestamp: string;
  anonymousId: string;
  userId?: string;
  event?: string;
  name?: string;
  category?: string;
  groupId?: string;
  previousId?: string;
  properties?: Record<string, unknown>;
  traits?: Record<string, unknown>;
  context: Record<string, unknown>;
}
