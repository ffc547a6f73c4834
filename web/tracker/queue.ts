import type { Box } from './box.ts';

/**
 * Events that were not sent yet: one entry of the storage each, so that tabs never overwrite each other's, and a reload finds them.
 * An entry's key says when it was put there and sorts in that order. There are at most `most`; the oldest make room.
 *
 * An entry that may have reached the server before is harmless, because its message id is known there, for 30 days. That is why entries
 * are thrown away before that.
 */
export interface Queue {
  put(text: string, now: number, once?: boolean): void;
  /** The oldest entries that are not in skip: at most count, and about bytes together, but one in any case. */
  take(count: number, bytes: number, skip: Set<string>, only?: Set<string>): [key: string, text: string][];
  remove(keys: string[]): void;
  /** What this page put there. */
  mine: Set<string>;
}

export const QUEUE = 'rapport.q.';
const MOST = 500;
/** Characters of all entries together: the storage belongs to the shop, and browsers give it five million or less. */
const ROOM = 1e6;
const KEPT = 28 * 864e5;
/** Ends the key of an entry that is sent once at most when the page is left. */
export const ONCE = '~';

const timeOf = (key: string) => Number.parseInt(key.slice(key.lastIndexOf('.') + 1), 36);

/** Bytes of a text in UTF-8. */
export const sizeOf = (text: string) => new Blob([text]).size;

export function createQueue(box: Box, writeKey: string, now: number, most = MOST): Queue {
  const prefix = `${QUEUE}${writeKey}.`;
  const mine = new Set<string>();
  let last = 0;
  const keys = () =>
    box
      .keys()
      .filter((k) => k.startsWith(prefix))
      .sort();
  const remove = (list: string[]) => {
    for (const k of list) {
      box.remove(k);
      mine.delete(k);
    }
  };
  // Of other write keys too: a key that was replaced would leave its entries for ever.
  remove(box.keys().filter((k) => k.startsWith(QUEUE) && !(timeOf(k) > now - KEPT)));
  return {
    mine,
    remove,
    put(text, at, once) {
      last = Math.max(at, last + 1);
      const key = `${prefix}${last.toString(36)}-${Math.random().toString(36).slice(2, 8)}${once ? ONCE : ''}`;
      let room = ROOM - text.length;
      let places = most;
      remove(
        keys()
          .reverse()
          .filter((k) => {
            room -= box.get(k)?.length ?? 0;
            return --places < 1 || room < 0;
          }),
      );
      box.set(key, text);
      mine.add(key);
    },
    take(count, bytes, skip, only) {
      const out: [string, string][] = [];
      let size = 0;
      for (const key of keys()) {
        if (out.length >= count) break;
        if (skip.has(key) || (only && !only.has(key))) continue;
        const text = box.get(key);
        if (!text) continue;
        size += sizeOf(text);
        if (out.length && size > bytes) break;
        out.push([key, text]);
      }
      return out;
    },
  };
}
