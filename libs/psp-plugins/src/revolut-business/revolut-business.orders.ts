/** Maps orders to the bodies of /pay and /transfer, and Revolut's responses to results. No side effects. */
import { assetWithDigits, currencyDigits, formatAmount, PspError } from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus } from '@tributary/connector-api';
import { JsonNumber } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { readBeneficiaryId } from './revolut-business.mapper.js';

/** `code` of the error "Duplicate request", as in the response: Revolut already has this request_id. */
export const DUPLICATE = '3020';

const STATUSES = {
  created: 'PENDING',
  pending: 'PENDING',
  completed: 'SUCCEEDED',
  declined: 'FAILED',
  failed: 'FAILED',
  reverted: 'RETURNED',
} as const satisfies Record<string, OrderStatus>;
const STATES = Object.keys(STATUSES) as (keyof typeof STATUSES)[];

/** Some currencies and countries require these properties. A client sends them in the metadata of the order. */
const FROM_METADATA = ['charge_bearer', 'transfer_reason_code', 'exchange_reason_code'];
const LONGEST_REFERENCE = 140;

export function writePayment(order: Order): JsonBody {
  return {
    request_id: order.key,
    account_id: order.sourceAccountId,
    receiver: { ...readBeneficiaryId(order.destinationAccountId) },
    ...amountOf(order),
    reference: referenceOf(order),
    ...Object.fromEntries(
      FROM_METADATA.map((name) => [name, order.metadata[`com.revolut-business.spec/${name}`]]),
    ),
  };
}

export function writeTransfer(order: Order): JsonBody {
  return {
    request_id: order.key,
    source_account_id: order.sourceAccountId,
    target_account_id: order.destinationAccountId,
    ...amountOf(order),
    reference: referenceOf(order),
  };
}

/**
 * Returns amount and currency of the request.
 * @throws PspError `rejected` when the asset is not a currency, or has another number of decimal places than ISO 4217 defines
 */
function amountOf({ amount }: Order) {
  const currency = amount.asset.split('/', 1)[0] ?? '';
  const digits = currencyDigits(currency);
  if (digits === undefined || assetWithDigits(currency, digits) !== amount.asset) {
    throw new PspError('rejected', `Revolut cannot pay in ${amount.asset}: expected a currency like EUR/2`);
  }
  return { amount: new JsonNumber(formatAmount(amount)), currency };
}

/** Returns the reference, cut to its maximum length. Revolut cuts it as well, and some banks of recipients cut it further. */
function referenceOf({ description, reference }: Order): string {
  return [...(description ?? reference)].slice(0, LONGEST_REFERENCE).join('');
}

/**
 * Maps a response of /pay or /transfer, or a transaction.
 * @throws InvalidRecordError for an unknown state
 */
export function toResult(answer: Json): OrderResult {
  const state = answer.oneOf(STATES, 'state');
  const status = STATUSES[state];
  return {
    id: answer.text('id'),
    status,
    ...(status === 'FAILED' || status === 'RETURNED'
      ? { reason: { code: answer.optionalText('reason_code') ?? state } }
      : {}),
  };
}
