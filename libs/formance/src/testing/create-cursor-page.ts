/** Creates the pages of the lists that the fakes of Formance's services serve. */
import type { FakeRequest, FakeResponse } from '@tributary/connector-api/testing';

/** Returns one page of a list. A cursor is the index of the page's first object. */
export function createCursorPage(
  { query }: FakeRequest,
  items: readonly unknown[],
  pageSize: number,
): FakeResponse {
  const start = Number(query.get('cursor') ?? 0);
  const end = start + pageSize;
  const hasMore = end < items.length;
  const data = items.slice(start, end);
  return { body: { cursor: { pageSize, hasMore, ...(hasMore ? { next: String(end) } : {}), data } } };
}
