/** Shows a list that the operator API returns in pages, with a button that loads the next page. */
import type { InfiniteData, UseInfiniteQueryResult } from '@tanstack/react-query';
import { infiniteQueryOptions, useInfiniteQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { getRefetchInterval } from '../api/live-updates';
import { fetchJson, type QueryParameters } from '../api/operator-client';
import type { Page } from '../api/operator-api.types';
import { QueryView } from './query-view';

/** Returns the query that reads a list of the operator API page by page. */
export function createPagedQuery<Entry>(path: string, filter: QueryParameters) {
  return infiniteQueryOptions({
    queryKey: [path, filter],
    queryFn: ({ pageParam, signal }) => fetchJson<Page<Entry>>(path, { ...filter, after: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
  });
}

/** Reads a list of the operator API page by page. */
export function usePagedQuery<Entry>(
  path: string,
  filter: QueryParameters,
  options?: { refetchMs?: number },
) {
  return useInfiniteQuery({
    ...createPagedQuery<Entry>(path, filter),
    refetchInterval: () => getRefetchInterval(options?.refetchMs),
  });
}

export function PagedView<Entry>({
  query,
  empty,
  children,
}: {
  query: UseInfiniteQueryResult<InfiniteData<Page<Entry>>>;
  /** Shown instead of the entries if there are none: a text, which gets a frame, or an element with its own frame. */
  empty: ReactNode;
  children: (entries: Entry[]) => ReactNode;
}) {
  return (
    <QueryView query={query}>
      {({ pages }) => {
        const entries = pages.flatMap(({ items }) => items);
        if (entries.length > 0)
          return (
            <>
              {children(entries)}
              <NextPageButton query={query} label="Show more" />
            </>
          );
        if (query.hasNextPage)
          return (
            <>
              <div className="empty">Nothing was found so far, and the search is not complete.</div>
              <NextPageButton query={query} label="Continue the search" />
            </>
          );
        return typeof empty === 'string' ? <div className="empty">{empty}</div> : empty;
      }}
    </QueryView>
  );
}

function NextPageButton<Entry>({
  query,
  label,
}: {
  query: UseInfiniteQueryResult<InfiniteData<Page<Entry>>>;
  label: string;
}) {
  if (!query.hasNextPage) return null;
  return (
    <div>
      <button type="button" onClick={() => void query.fetchNextPage()} disabled={query.isFetchingNextPage}>
        {query.isFetchingNextPage ? 'Loading …' : label}
      </button>
    </div>
  );
}
