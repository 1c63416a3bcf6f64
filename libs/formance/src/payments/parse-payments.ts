/** Reads the objects of Formance Payments from JSON. Every function throws `InvalidRecordError` for JSON with another structure. */
import { InvalidRecordError } from '@tributary/connector-api';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import type { PaymentAdjustment, PaymentSummary } from '../delivery/delivery.types.js';
import type {
  GenericConfig,
  InstalledConnector,
  Pool,
  PoolQuery,
  Schedule,
  ScheduleRun,
  StoredAccount,
} from './payments.types.js';

export function parseConnector(json: Json): InstalledConnector {
  const endpoint = json.optionalString('config', 'endpoint');
  return {
    id: json.string('id'),
    name: json.string('name'),
    provider: json.string('provider').toLowerCase(),
    createdAt: json.time('createdAt'),
    isScheduledForDeletion: json.optionalBoolean('scheduledForDeletion') ?? false,
    ...(endpoint === undefined ? {} : { endpoint }),
  };
}

/** Reads the response of `GET /v3/connectors/{id}/config`. */
export function parseGenericConfig(json: Json): GenericConfig {
  const data = json.object('data');
  const others = JSON.parse(data.toJsonString()) as Record<string, JsonBody>;
  for (const known of ['name', 'endpoint', 'apiKey', 'pollingPeriod']) delete others[known];
  return {
    name: data.string('name'),
    endpoint: data.string('endpoint'),
    apiKey: data.string('apiKey'),
    pollingPeriod: data.string('pollingPeriod'),
    others,
  };
}

export function parseSchedule(json: Json): Schedule {
  const pausedAt = json.optionalTime('pausedAt');
  const pausedReason = json.optionalString('pausedReason');
  return {
    id: json.string('id'),
    createdAt: json.time('createdAt'),
    ...(pausedAt === undefined ? {} : { pausedAt }),
    ...(pausedReason === undefined ? {} : { pausedReason }),
  };
}

export function parseScheduleRun(json: Json): ScheduleRun {
  const error = json.optionalString('error');
  return {
    id: json.string('id'),
    createdAt: json.time('createdAt'),
    isTerminated: json.boolean('terminated'),
    ...(error === undefined ? {} : { error }),
  };
}

/** Reads a payment of Formance's list. Its type is converted to the word that the gateway uses. */
export function parsePaymentSummary(json: Json): PaymentSummary {
  const type = json.string('type');
  return {
    id: json.string('id'),
    reference: json.string('reference'),
    type: SERVED_TYPES[type] ?? type,
    asset: json.string('asset'),
    initialAmount: readInteger(json, 'initialAmount'),
    amount: readInteger(json, 'amount'),
    status: json.string('status'),
  };
}

/** Reads the adjustments from the response of `GET /v3/payments/{id}`. */
export function parseAdjustments(json: Json): PaymentAdjustment[] {
  return json.array('data', 'adjustments').map((adjustment) => ({
    reference: adjustment.string('reference'),
    createdAt: adjustment.time('createdAt'),
    status: adjustment.string('status'),
  }));
}

export function parseAccount(json: Json): StoredAccount {
  return { id: json.string('id'), reference: json.string('reference'), type: json.string('type') };
}

/** Reads a balance of an account. The amount is in minor units as decimal digits. */
export function parseAccountBalance(json: Json): { asset: string; amount: string } {
  return { asset: json.string('asset'), amount: readInteger(json, 'balance') };
}

export function parsePool(json: Json): Pool {
  const query = json.has('query')
    ? (JSON.parse(json.object('query').toJsonString()) as PoolQuery)
    : undefined;
  return { id: json.string('id'), name: json.string('name'), ...(query === undefined ? {} : { query }) };
}

/** The payment types that Formance names differently than the Generic Connector API. Source: v3.4.0 `pkg/domain/models/payment_type.go`. */
const SERVED_TYPES: Readonly<Record<string, string | undefined>> = { 'PAY-IN': 'PAYIN' };

/** Reads an integer as a string, because amounts are JSON numbers of any size. */
function readInteger(json: Json, name: string): string {
  const text = json.scalar(name);
  if (text === undefined || !/^-?\d+$/.test(text))
    throw new InvalidRecordError(`${name} is ${JSON.stringify(text)}, expected an integer`);
  return text;
}
