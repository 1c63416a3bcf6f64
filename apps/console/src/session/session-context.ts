/** The session of the reader: who is logged in and what the key allows. */
import { createContext, useContext } from 'react';

export interface Session {
  /** Name of the operator key. */
  name: string;
  /** The tenant that the key is for; absent for a key of the whole deployment. */
  tenant?: string;
  canOperate: boolean;
  logOut: () => Promise<void>;
}

export const SessionContext = createContext<Session | undefined>(undefined);

/** @throws Error outside of a session */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (session === undefined) throw new Error('there is no session here');
  return session;
}
