/** Checks of payouts. They run only if the operator provides a payout that may really be executed. */
import { randomUUID } from 'node:crypto';
import { CheckSkipped, type ConformanceCheck } from '../conformance.types.js';
import type { ClientResponse } from '../clients/decode-response.js';
import { parseJson, type ServerUnderTest } from '../server-under-test.js';
import type { TestPayout } from '../test-payout.types.js';

const STATUSES = ['PENDING', 'SUCCEEDED', 'FAILED'];

interface MadePayout {
  request: Record<string, string>;
  response: ClientResponse;
}

/** The executed payout of each run. A run executes only one payout, which all checks use. */
const PAYOUTS = new WeakMap<ServerUnderTest, Promise<MadePayout>>();

export const ORDER_CHECKS: readonly ConformanceCheck[] = [
  {
    id: 'orders/response',
    title: 'A payout is answered with 201 and a status',
    severity: 'error',
    consequence: 'Formance marks the payment initiation as failed, although money may have left.',
    run: async (server) => {
      const { request, response } = await makePayout(server);
      const body = parseJson(response.body) as Record<string, unknown> | undefined;
      return [
        ...(response.status === 201 ? [] : [`the status is ${response.status}, expected 201`]),
        ...(typeof body?.['id'] === 'string' && body['id'] !== '' ? [] : ['the response has no id']),
        ...(STATUSES.includes(String(body?.['status']))
          ? []
          : [`the status of the payout is ${JSON.stringify(body?.['status'])}`]),
        ...Object.entries(request)
          .filter(([name, value]) => body?.[name] !== value)
          .map(
            ([name]) =>
              `${name} is ${JSON.stringify(body?.[name])}, and ${JSON.stringify(request[name])} was asked for`,
          ),
      ];
    },
  },
  {
    id: 'orders/repeat',
    title: 'A repeated request gets the same response and pays nothing',
    severity: 'error',
    consequence: 'Formance repeats a request whose response was lost, and pays twice.',
    run: async (server) => {
      const { request, response } = await makePayout(server);
      const repeated = await server.request('/payouts', { method: 'POST', body: request });
      const [first, second] = [response, repeated].map(
        ({ body }) => (parseJson(body) as { id?: unknown } | undefined)?.id,
      );
      return first === second && repeated.status === response.status
        ? []
        : [`the id was ${JSON.stringify(first)}, and is ${JSON.stringify(second)} for the repeat`];
    },
  },
  {
    id: 'orders/other-request',
    title: 'Another request with the same key is refused',
    severity: 'error',
    consequence: 'A mistake in the reference of an initiation is paid or hidden.',
    run: async (server) => {
      const { request } = await makePayout(server);
      const other = { ...request, amount: String(BigInt(request['amount'] ?? '0') + 1n) };
      const { status } = await server.request('/payouts', { method: 'POST', body: other });
      return status >= 400 && status < 500 ? [] : [`the status is ${status}, expected 4xx`];
    },
  },
  {
    id: 'orders/invalid',
    title: 'An invalid payout is a 4xx',
    severity: 'warning',
    consequence: 'Formance repeats a 5xx for ever.',
    run: async (server) => {
      const { request } = await makePayout(server);
      const body = { ...request, idempotencyKey: randomUUID(), amount: '-1' };
      const { status } = await server.request('/payouts', { method: 'POST', body });
      return status >= 400 && status < 500 ? [] : [`the amount -1 has the status ${status}, expected 4xx`];
    },
  },
];

/**
 * Executes the payout of the run, unless it was already executed.
 * @throws CheckSkipped if the operator has provided no payout
 */
function makePayout(server: ServerUnderTest): Promise<MadePayout> {
  const { payout } = server;
  if (payout === undefined) throw new CheckSkipped('no payout was given that may be made');
  let made = PAYOUTS.get(server);
  if (made === undefined) PAYOUTS.set(server, (made = sendPayout(server, payout)));
  return made;
}

async function sendPayout(server: ServerUnderTest, payout: TestPayout): Promise<MadePayout> {
  const request = { idempotencyKey: `tributary-conform-${randomUUID()}`, ...payout };
  return { request, response: await server.request('/payouts', { method: 'POST', body: request }) };
}
