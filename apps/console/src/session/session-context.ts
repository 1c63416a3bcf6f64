/** Provides the session of the user: who is logged in, and what the key allows. */
import { createContext, useContext } from 'react';
import type { SessionInfo } from '../api/session';

export interface Session extends SessionInfo {
  logOut: () => Promise<void>;
}

export const SessionContext = createContext<Session | undefined>(undefined);

/**
 * Returns the session of the user.
 * @throws Error when the component is not inside of a session
 */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('there is no session here');
  return session;
}
