import { useEffect, useRef, useState } from 'react';
import { readStream, type Streamed, type StreamFilter } from './queries.ts';

const every = 1000;
const kept = 300;

export interface Seen extends Streamed {
  key: number;
}

export interface Stream {
  rows: Seen[] | undefined;
  /** Came while a row was open or the stream stood still for the reader; shown when he wants. */
  waiting: number;
  missed: number;
  error: unknown;
  show: () => void;
}

/**
 * Follows what comes in, about once a second, newest first. While `hold` new rows wait, so that nothing moves under the reader's hand. A page
 * that nobody sees asks for nothing; it takes up again from the newest.
 */
export function useStream(filter: StreamFilter, running: boolean, hold: boolean): Stream {
  const [rows, setRows] = useState<Seen[]>();
  const [fresh, setFresh] = useState<Seen[]>([]);
  const [missed, setMissed] = useState(0);
  const [error, setError] = useState<unknown>();
  const cursor = useRef('');
  const held = useRef(hold);
  held.current = hold;
  const key = JSON.stringify(filter);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter is another stream
  useEffect(() => {
    cursor.current = '';
    setRows(undefined);
    setFresh([]);
    setMissed(0);
    setError(undefined);
  }, [key]);

  useEffect(() => {
    if (!running) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let number = Date.now() * 1000;
    const ask = async () => {
      try {
        if (!document.hidden) {
          const first = cursor.current === '';
          const part = await readStream(JSON.parse(key) as StreamFilter, cursor.current, stop.signal);
          cursor.current = part.cursor;
          const came = (part.items ?? []).map((e) => ({ ...e, key: number++ }));
          setError(undefined);
          setMissed((n) => n + part.missed);
          if (first) setRows(came);
          else if (part.resumed) {
            setFresh([]);
            setRows((old) =>
              [...came.filter((e) => !old?.some((o) => o.event_id !== '' && o.event_id === e.event_id)), ...(old ?? [])].slice(0, kept),
            );
          } else if (came.length > 0) {
            if (held.current) setFresh((old) => [...came, ...old].slice(0, kept));
            else setRows((old) => [...came, ...(old ?? [])].slice(0, kept));
          }
        }
      } catch (e) {
        if (stop.signal.aborted) return;
        setError(e);
      }
      timer = setTimeout(ask, every);
    };
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
    };
  }, [key, running]);

  const show = () => {
    setRows((old) => [...fresh, ...(old ?? [])].slice(0, kept));
    setFresh([]);
  };
  // What waited is shown as soon as nothing is held any more.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the hand is taken off
  useEffect(() => {
    if (!hold && fresh.length > 0) show();
  }, [hold]);
  return { rows, waiting: fresh.length, missed, error, show };
}
