/**
 * Interprets the response to `POST /payouts` and `/transfers` in the same way as Formance's connector. Source: v3.4.0
 * `ce/plugins/generic/payouts.go`, `pkg/domain/httpwrapper/client.go`, `internal/connectors/plugins/registry/errors.go`,
 * `engine/activities/errors.go`.
 */
import type { OrderKind } from '@tributary/connector-api';
import { isZeroTime, parseGoTime } from '../../libs/conformance/src/clients/go-time.js';
import { getClientVersion } from '../../libs/conformance/src/clients/client-versions.js';
import type { PspPayment } from './payment-store.js';

/**
 * How a request ended. `lost`: the connection was refused, or was closed before a response began. `broken`: the response began but did not
 * end. `timeout`: ten seconds passed.
 */
export type RequestResult = { status: number; body: string } | 'lost' | 'broken' | 'timeout';

/**
 * What the engine does after the response. `again`: the engine repeats the request without limit. `failed`: the initiation fails, and
 * nothing is stored or linked. `stuck`: the run ends without a change of the initiation.
 */
export type OrderResponseMeaning = PspPayment | 'again' | 'failed' | 'stuck';

/** The statuses below 500 after which the engine repeats the request. */
const RETRIED_STATUSES = new Set([408, 421, 423, 425, 429]);
const PAYMENT_STATUSES = new Set([
  ...[
    'PENDING',
    'SUCCEEDED',
    'FAILED',
    'CANCELLED',
    'EXPIRED',
    'REFUNDED',
    'REFUNDED_FAILURE',
    'REFUND_REVERSED',
  ],
  ...['DISPUTE', 'DISPUTE_WON', 'DISPUTE_LOST', 'AUTHORISATION', 'CAPTURE', 'CAPTURE_FAILED'],
]);
const STRING_PROPERTIES = [
  ...['id', 'idempotencyKey', 'amount', 'currency', 'sourceAccountId', 'destinationAccountId', 'description'],
  ...['status', 'createdAt', 'updatedAt'],
];
const { asset: ASSET_PATTERN } = getClientVersion('v3.4.0').validation;

export function interpretOrderResponse(kind: OrderKind, posted: RequestResult): OrderResponseMeaning {
  // The client treats a lost connection as a final error.
  if (posted === 'lost') return 'failed';
  if (posted === 'timeout' || posted === 'broken') return 'again';
  if (posted.status >= 500 || RETRIED_STATUSES.has(posted.status)) return 'again';
  if (posted.status >= 400) return 'failed';
  const answer = decodeResponse(posted.body);
  return answer === undefined ? 'again' : toPayment(kind, answer);
}

function toPayment(kind: OrderKind, answer: Record<string, string>): OrderResponseMeaning {
  const { id = '', idempotencyKey = '', currency = '', status = '', amount = '' } = answer;
  const createdAt = parseGoTime(answer['createdAt'] ?? '');
  if (createdAt === undefined || !/^[+-]?\d+$/.test(amount)) return 'again';
  if (id === '' || isZeroTime(createdAt) || !ASSET_PATTERN?.test(currency)) return 'stuck';
  return {
    reference: id,
    parent: idempotencyKey,
    createdAt,
    type: kind,
    status: PAYMENT_STATUSES.has(status) ? status : 'OTHER',
    amount: BigInt(amount),
    asset: currency,
  };
}

/**
 * Decodes a response.
 * @returns the properties that are strings; `undefined` when the connector cannot decode the response
 */
function decodeResponse(body: string): Record<string, string> | undefined {
  const answer = parseObject(body);
  const metadata = answer?.['metadata'] ?? {};
  if (answer === undefined || typeof metadata !== 'object' || Array.isArray(metadata)) return undefined;
  const values = [
    ...STRING_PROPERTIES.map((name) => answer[name]),
    ...(Object.values(metadata) as unknown[]),
  ];
  if (!values.every((value) => value === undefined || value === null || typeof value === 'string'))
    return undefined;
  const present = STRING_PROPERTIES.filter((name) => typeof answer[name] === 'string');
  return Object.fromEntries(present.map((name) => [name, answer[name] as string]));
}

function parseObject(body: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(body) as unknown;
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
