/** Checks that the service serves no data without a valid key. */
import { findErrorViolations } from '../rules/contract-rules.js';
import type { ConformanceCheck } from '../conformance.types.js';
import { parseJson, type ServerUnderTest } from '../server-under-test.js';

const INVALID_KEY = 'tributary-conform-no-such-key';

export const AUTHENTICATION_CHECKS: readonly ConformanceCheck[] = [
  {
    id: 'authentication/no-key',
    title: 'A request without a key is refused',
    severity: 'error',
    consequence: 'Everyone who reaches the service reads the payments of the tenant.',
    run: (server) => findAccess(server, null),
  },
  {
    id: 'authentication/wrong-key',
    title: 'A request with a wrong key is refused',
    severity: 'error',
    consequence: 'The key protects nothing.',
    run: (server) => findAccess(server, INVALID_KEY),
  },
  {
    id: 'errors/format',
    title: 'Errors are JSON objects with Title and Detail',
    severity: 'warning',
    consequence: 'Formance shows no reason for the failure; some releases report a decoding error instead.',
    run: async (server) => {
      const responses = [
        ['without a key', await server.request('/transactions', { key: null })],
        ['for an unknown account', await server.request('/accounts/tributary-conform-unknown/balances')],
      ] as const;
      return responses.flatMap(([when, response]) =>
        parseJson(response.body) === undefined
          ? [`${when}: the status ${response.status} has a body that is no JSON`]
          : findErrorViolations(response).map((problem) => `${when}: ${problem}`),
      );
    },
  },
];

async function findAccess(server: ServerUnderTest, key: string | null): Promise<string[]> {
  const paths = ['/accounts', '/beneficiaries', '/transactions'];
  const statuses = await Promise.all(
    paths.map(async (path) => [path, (await server.request(path, { key })).status] as const),
  );
  return statuses
    .filter(([, status]) => status !== 401 && status !== 403)
    .map(([path, status]) => `GET ${path} has the status ${status}, expected 401 or 403`);
}
