/** Starts the console in the page that the gateway serves. */
import { MutationCache, QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiError, isUnauthorized } from './api/operator-client';
import { LOG_IN_MUTATION_KEY, SESSION_QUERY_KEY } from './api/session';
import { loadFirstPage } from './load-first-page';
import { router } from './router';
import { SessionGate } from './session/session-gate';
import './styles/console.css';
import { applyTheme, readTheme } from './theme';

/**
 * Time in ms after which data is old. Old data is read again when a page that shows it is opened, and when the user comes back to the
 * browser's tab.
 */
const STALE_AFTER_MS = 5_000;

applyTheme(readTheme());

/** Reads the session again after an error 401, because a session can end at any time. If it has ended, the log-in page appears. */
function noticeEndOfSession(error: Error): void {
  if (isUnauthorized(error)) void queryClient.invalidateQueries({ queryKey: SESSION_QUERY_KEY });
}

const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey }) => {
      if (queryKey !== SESSION_QUERY_KEY) noticeEndOfSession(error);
    },
  }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _result, { options }) => {
      // A wrong key at the log-in does not end a session.
      if (options.mutationKey !== LOG_IN_MUTATION_KEY) noticeEndOfSession(error);
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: STALE_AFTER_MS,
      // If the gateway returned an error, the request is not repeated. It is repeated only if there was no response.
      retry: (failures, error) => failures < 2 && error instanceof ApiError && error.status === 0,
    },
  },
});

const container = document.getElementById('console');
if (container === null) throw new Error('the page has no element for the console');
const reactRoot = createRoot(container);

function renderConsole(): void {
  reactRoot.render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <SessionGate>
          <RouterProvider router={router} />
        </SessionGate>
      </QueryClientProvider>
    </StrictMode>,
  );
}

// A top-level `await` would be shorter. But it makes Rollup write every module that several pages use into a file of its own, and the
// first page would load fourteen files instead of one.
void loadFirstPage(queryClient).then(renderConsole);
