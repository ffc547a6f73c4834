/**
 * A place for small texts that never throws. It writes to the storage that `open` gives; while there is none (no consent yet, blocked,
 * full), it remembers in memory, and settle moves that over once there is one.
 */
export interface Box {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
  remove(key: string): void;
  keys(): string[];
  settle(): void;
}

export function createBox(open: () => Storage | undefined): Box {
  const memory = new Map<string, string>();
  const safely = <T>(act: (s: Storage) => T): T | undefined => {
    try {
      const s = open();
      return s && act(s);
    } catch {
      return undefined;
    }
  };
  const box: Box = {
    get: (key) => memory.get(key) ?? safely((s) => s.getItem(key)) ?? undefined,
    set(key, value) {
      memory.delete(key);
      if (
        !safely((s) => {
          s.setItem(key, value);
          return 1;
        })
      )
        memory.set(key, value);
    },
    remove(key) {
      memory.delete(key);
      safely((s) => s.removeItem(key));
    },
    keys() {
      const all = [...memory.keys()];
      safely((s) => {
        for (let i = 0; i < s.length; i++) all.push(s.key(i) as string);
      });
      return all;
    },
    settle() {
      for (const [key, value] of [...memory]) box.set(key, value);
    },
  };
  return box;
}
