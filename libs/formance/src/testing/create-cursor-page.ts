/** Creates the pages of the lists that the fakes of Formance's services serve. */
import type { FakeRequest, FakeResponse } from '@tributary/connector-api/testing';

/**
 * Returns one page of a list. A cursor consists of the index of the page's first object and the filter of the list, because a request with a
 * cursor has no filter.
 */
export function createCursorPage(
  request: FakeRequest,
  items: readonly unknown[],
  pageSize: number,
): FakeResponse {
  const start = Number.parseInt(request.query.get('cursor') ?? '0', 10);
  const end = start + pageSize;
  const hasMore = end < items.length;
  const next = [String(end), findFilter(request) ?? []].flat().join(' ');
  const data = items.slice(start, end);
  return { body: { cursor: { pageSize, hasMore, ...(hasMore ? { next } : {}), data } } };
}

/** Returns the filter of a list from the parameter `query` or from the cursor. */
export function findFilter({ query }: FakeRequest): string | undefined {
  const cursor = query.get('cursor');
  if (cursor === null) return query.get('query') ?? undefined;
  const end = cursor.indexOf(' ');
  return end < 0 ? undefined : cursor.slice(end + 1);
}
