/** Maps orders to the bodies of /pay and /transfer, and Revolut's responses to results. No side effects. */
import { formatAsset, getCurrencyDecimals, formatAmount, PspError } from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus } from '@tributary/connector-api';
import { JsonNumber } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { parseBeneficiaryId } from './revolut-business.mapper.js';

/** `code` of the error "Duplicate request", as in the response: Revolut already has this request_id. */
export const DUPLICATE_REQUEST_CODE = '3020';

const STATUS_BY_STATE = {
  created: 'PENDING',
  pending: 'PENDING',
  completed: 'SUCCEEDED',
  declined: 'FAILED',
  failed: 'FAILED',
  reverted: 'RETURNED',
} as const satisfies Record<string, OrderStatus>;
const KNOWN_STATES = Object.keys(STATUS_BY_STATE) as (keyof typeof STATUS_BY_STATE)[];

/** Some currencies and countries require these properties. A client sends them in the metadata of the order. */
const METADATA_PROPERTIES = ['charge_bearer', 'transfer_reason_code', 'exchange_reason_code'];
const MAX_REFERENCE_LENGTH = 140;

export function toPaymentRequest(order: Order): JsonBody {
  return {
    request_id: order.idempotencyKey,
    account_id: order.sourceAccountId,
    receiver: { ...parseBeneficiaryId(order.destinationAccountId) },
    ...toAmountProperties(order),
    reference: toReference(order),
    ...Object.fromEntries(
      METADATA_PROPERTIES.map((name) => [name, order.metadata[`com.revolut-business.spec/${name}`]]),
    ),
  };
}

export function toTransferRequest(order: Order): JsonBody {
  return {
    request_id: order.idempotencyKey,
    source_account_id: order.sourceAccountId,
    target_account_id: order.destinationAccountId,
    ...toAmountProperties(order),
    reference: toReference(order),
  };
}

/**
 * Returns amount and currency of the request.
 * @throws PspError `rejected` when the asset is not a currency, or has another number of decimal places than ISO 4217 defines
 */
function toAmountProperties({ amount }: Order) {
  const currency = amount.asset.split('/', 1)[0] ?? '';
  const digits = getCurrencyDecimals(currency);
  if (digits === undefined || formatAsset(currency, digits) !== amount.asset) {
    throw new PspError('rejected', `Revolut cannot pay in ${amount.asset}: expected a currency like EUR/2`);
  }
  return { amount: new JsonNumber(formatAmount(amount)), currency };
}

/** Returns the reference, cut to its maximum length. Revolut cuts it as well, and some banks of recipients cut it further. */
function toReference({ description, reference }: Order): string {
  return [...(description ?? reference)].slice(0, MAX_REFERENCE_LENGTH).join('');
}

/**
 * Maps a response of /pay or /transfer, or a transaction.
 * @throws InvalidRecordError for an unknown state
 */
export function toOrderResult(response: Json): OrderResult {
  const state = response.oneOf(KNOWN_STATES, 'state');
  const status = STATUS_BY_STATE[state];
  return {
    id: response.string('id'),
    status,
    ...(status === 'FAILED' || status === 'RETURNED'
      ? { reason: { code: response.optionalString('reason_code') ?? state } }
      : {}),
  };
}
