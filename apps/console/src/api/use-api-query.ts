/** Reads one response of the operator API for a page of the console. `usePagedQuery` reads lists that the API returns in pages. */
import { useQuery } from '@tanstack/react-query';
import { getRefetchInterval } from './live-updates';
import { fetchJson, type QueryParameters } from './operator-client';

export function useApiQuery<T>(path: string, parameters: QueryParameters, options?: { refetchMs?: number }) {
  return useQuery({
    queryKey: [path, parameters],
    queryFn: ({ signal }) => fetchJson<T>(path, parameters, signal),
    refetchInterval: () => getRefetchInterval(options?.refetchMs),
  });
}
