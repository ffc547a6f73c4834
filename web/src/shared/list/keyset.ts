import { type InfiniteData, keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query';

export interface PageOf<T> {
  items: T[] | null;
  next_cursor?: string;
  /** The page looked at as many rows as it may before it was full. */
  partial?: boolean;
}

/** A list that is read page by page; the cursor of a page leads to the next. */
export function useKeyset<T>(key: QueryKey, read: (cursor: string, signal: AbortSignal) => Promise<PageOf<T>>, enabled = true) {
  const query = useInfiniteQuery<PageOf<T>, Error, InfiniteData<PageOf<T>>, QueryKey, string>({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => read(pageParam, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next_cursor || undefined,
    placeholderData: keepPreviousData,
    enabled,
  });
  const pages = query.data?.pages ?? [];
  const full = pages.findLastIndex((p) => !p.partial);
  return {
    ...query,
    rows: query.data?.pages.flatMap((p) => p.items ?? []),
    /** How many of the last pages ended before they were full: what is asked for is rare there. */
    rare: pages.length - 1 - full,
  };
}

export type Keyset<T> = ReturnType<typeof useKeyset<T>>;
