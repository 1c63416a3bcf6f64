/** Reads one answer of the operator API for a page. Lists that the API serves in pages are read by `usePagedQuery`. */
import { useQuery } from '@tanstack/react-query';
import { fetchJson, type QueryParameters } from './operator-client';

export function useApiQuery<T>(path: string, parameters: QueryParameters, options?: { refetchMs?: number }) {
  return useQuery({
    queryKey: [path, parameters],
    queryFn: ({ signal }) => fetchJson<T>(path, parameters, signal),
    refetchInterval: options?.refetchMs,
  });
}
