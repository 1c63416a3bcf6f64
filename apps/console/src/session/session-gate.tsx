/** Shows the console to a user who is logged in, and the log-in page to all others. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { isUnauthorized } from '../api/operator-client';
import { endSession, SESSION_QUERY } from '../api/session';
import { ErrorNotice, Loading } from '../components/query-view';
import { LogInPage } from './log-in-page';
import { SessionContext } from './session-context';

export function SessionGate({ children }: { children: ReactNode }) {
  const queryClient = useQueryClient();
  const query = useQuery(SESSION_QUERY);
  // The error must be checked first, because the query still contains the data of the session that has ended.
  if (isUnauthorized(query.error))
    return <LogInPage isExpired={query.data !== undefined} onLoggedIn={() => void query.refetch()} />;
  if (query.isError) return <ErrorNotice error={query.error} onRetry={() => void query.refetch()} />;
  if (query.data === undefined) return <Loading />;
  const logOut = async () => {
    await endSession();
    // The data of the session is removed from memory, so that the next user cannot see it.
    queryClient.clear();
    location.hash = '#/';
    location.reload();
  };
  return <SessionContext.Provider value={{ ...query.data, logOut }}>{children}</SessionContext.Provider>;
}
