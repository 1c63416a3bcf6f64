/** The endpoints to log in with an operator key, to read the current session, and to log out. */
import { deriveOperatorKeyId, OPERATOR_SCOPES, type OperatorKey } from '@tributary/auth';
import { formatTime } from '@tributary/connector-api';
import type { OperatorEndpoint } from '../endpoint.types.js';
import { createListSchema, createObjectSchema, TEXT_SCHEMA, TIME_SCHEMA } from '../schemas.js';
import {
  createExpiredCookie,
  createSessionCookie,
  deriveCsrfToken,
  generateSessionToken,
  hashSessionToken,
  readSessionCookie,
  SESSION_LIFETIME_MS,
} from '../session-cookie.js';

const SESSION = createObjectSchema({
  operator: { ...TEXT_SCHEMA, description: 'Name of the operator key.' },
  'tenant?': {
    ...TEXT_SCHEMA,
    description: 'The tenant whose connectors the key sees; absent if it sees all.',
  },
  scopes: createListSchema({ type: 'string', enum: [...OPERATOR_SCOPES] }),
  'csrfToken?': { ...TEXT_SCHEMA, description: 'Send it with every write. Absent without a session cookie.' },
  'expiresAt?': { ...TIME_SCHEMA, description: 'When the session ends. Absent without a session cookie.' },
});

export const SESSION_ENDPOINTS: readonly OperatorEndpoint[] = [
  {
    ...{ method: 'POST', path: '/session', operationId: 'logIn', access: 'public' },
    summary: 'Logs in with an operator key, and sets the session cookie.',
    body: createObjectSchema({ key: { type: 'string', minLength: 1, maxLength: 1024 } }),
    response: SESSION,
    async handle({ body, http, reply }, { store, authenticator }) {
      const operator = authenticator.requireKey(String(body['key']), http.ip);
      const sessions = store.operator();
      // If the request contains the cookie of a session, this session ends. A new log-in always gets a new token.
      const former = readSessionCookie(http);
      if (former !== undefined) await sessions.deleteSession(hashSessionToken(former));
      const token = generateSessionToken();
      const { expiresAt } = await sessions.createSession(
        hashSessionToken(token),
        deriveOperatorKeyId(operator),
        SESSION_LIFETIME_MS,
      );
      void reply.header('set-cookie', createSessionCookie(http, token));
      return { ...toView(operator), csrfToken: deriveCsrfToken(token), expiresAt: formatTime(expiresAt) };
    },
  },
  {
    ...{ method: 'GET', path: '/session', operationId: 'getSession', access: 'read' },
    summary: 'Returns who is logged in.',
    response: SESSION,
    async handle({ operator, http }, { store }) {
      const token = http.headers.authorization === undefined ? readSessionCookie(http) : undefined;
      const session = token && (await store.operator().findSession(hashSessionToken(token)));
      if (!token || !session) return toView(operator);
      const expiresAt = formatTime(session.expiresAt);
      return { ...toView(operator), csrfToken: deriveCsrfToken(token), expiresAt };
    },
  },
  {
    ...{ method: 'DELETE', path: '/session', operationId: 'logOut', access: 'read' },
    summary: 'Ends the session, and removes the cookie.',
    response: null,
    async handle({ http, reply }, { store, changeEvents }) {
      const token = readSessionCookie(http);
      if (token !== undefined) {
        await store.operator().deleteSession(hashSessionToken(token));
        changeEvents.endSession(hashSessionToken(token));
      }
      void reply.header('set-cookie', createExpiredCookie(http));
    },
  },
];

function toView({ name, tenant, scopes }: OperatorKey) {
  return { operator: name, ...(tenant !== undefined && { tenant }), scopes };
}
