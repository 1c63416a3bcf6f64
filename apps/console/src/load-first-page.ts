/** Loads what the first page shows before it is rendered, so that it is rendered once instead of first without and then with its data. */
import type { QueryClient } from '@tanstack/react-query';
import { SESSION_QUERY } from './api/session';
import { ATTENTION_QUERY, OVERVIEW_QUERY } from './pages/overview-page';
import { router } from './router';

/** The maximum time in ms for which the first rendering waits. After this time, the page shows that it loads. */
const MAX_WAIT_MS = 400;

/** Resolves when the data is loaded, when a request has failed, or after the maximum time. The page itself shows errors. */
export async function loadFirstPage(queryClient: QueryClient): Promise<void> {
  const timeout = new Promise<void>((resolve) => setTimeout(resolve, MAX_WAIT_MS));
  await Promise.race([timeout, loadData(queryClient)]);
}

/**
 * Reads the three responses that `index.html` preloads, on every page. If the console did not read one of them, the browser would keep it,
 * and give it to a later request: the error of a request before the log-in, for example.
 */
async function loadData(queryClient: QueryClient): Promise<void> {
  const overview = Promise.all([
    queryClient.prefetchInfiniteQuery(OVERVIEW_QUERY),
    queryClient.prefetchQuery(ATTENTION_QUERY),
  ]);
  await queryClient.prefetchQuery(SESSION_QUERY);
  if (queryClient.getQueryData(SESSION_QUERY.queryKey) === undefined) {
    // Without a session, the log-in page is shown. The errors of the other requests must not appear on the page after the log-in.
    await overview;
    // A page that is shown already keeps what it uses.
    for (const { queryKey } of [OVERVIEW_QUERY, ATTENTION_QUERY])
      queryClient.removeQueries({ queryKey, type: 'inactive' });
    return;
  }
  const isOverview = router.latestLocation.pathname === '/';
  await Promise.all([router.load(), ...(isOverview ? [overview] : [])]);
}
