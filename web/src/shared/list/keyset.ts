import { type InfiniteData, keepPreviousData, type QueryKey, useInfiniteQuery } from '@tanstack/react-query';

export interface PageOf<T> {
  items: T[] | null;
  next_cursor?: string;
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
  return { ...query, rows: query.data?.pages.flatMap((p) => p.items ?? []) };
}

export type Keyset<T> = ReturnType<typeof useKeyset<T>>;
