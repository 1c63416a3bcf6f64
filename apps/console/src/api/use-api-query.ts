/** Reads one response of the operator API for a page of the console. `usePagedQuery` reads lists that the API returns in pages. */
import { queryOptions, useQuery } from '@tanstack/react-query';
import { getRefetchInterval } from './live-updates';
import { fetchJson, type QueryParameters } from './operator-client';

/** Returns the query that reads one response of the operator API. */
export function createApiQuery<T>(path: string, parameters: QueryParameters) {
  return queryOptions({
    queryKey: [path, parameters],
    queryFn: ({ signal }) => fetchJson<T>(path, parameters, signal),
  });
}

export function useApiQuery<T>(path: string, parameters: QueryParameters, options?: { refetchMs?: number }) {
  return useQuery({
    ...createApiQuery<T>(path, parameters),
    refetchInterval: () => getRefetchInterval(options?.refetchMs),
  });
}
