/** A browser's storage for tests: the interface alone, with a limit in characters as browsers have one. */
export class FakeStorage implements Storage {
  [name: string]: unknown;
  readonly map = new Map<string, string>();
  readonly limit: number;
  constructor(limit = 5e6) {
    this.limit = limit;
  }
  get length() {
    return this.map.size;
  }
  clear() {
    this.map.clear();
  }
  key(i: number) {
    return [...this.map.keys()][i] ?? null;
  }
  getItem(key: string) {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    let size = key.length + value.length;
    for (const [k, v] of this.map) if (k !== key) size += k.length + v.length;
    if (size > this.limit) throw new Error('QuotaExceededError');
    this.map.set(key, value);
  }
  removeItem(key: string) {
    this.map.delete(key);
  }
}

/** Answers of a server, in order; the last one again and again. Each is a status, or one with a Retry-After; 0 is a lost connection. */
export type Answer = number | [status: number, retryAfter: string];
