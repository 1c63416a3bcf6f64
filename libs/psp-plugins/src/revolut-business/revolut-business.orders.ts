/** Orders → bodies of /pay and /transfer, and what Revolut says of them. Pure. */
import { assetWithDigits, currencyDigits, formatAmount, PspError } from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus } from '@tributary/connector-api';
import { JsonNumber } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { readBeneficiaryId } from './revolut-business.mapper.js';

/** `code` of "Duplicate request", as it stands in the answer: the request_id is known. */
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

/** Some currencies and countries want reasons: a client gives them as the order's metadata. */
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

/** @throws PspError `rejected` for what is no currency, or has other digits than ISO 4217 says. */
function amountOf({ amount }: Order) {
  const currency = amount.asset.split('/', 1)[0] ?? '';
  const digits = currencyDigits(currency);
  if (digits === undefined || assetWithDigits(currency, digits) !== amount.asset) {
    throw new PspError('rejected', `Revolut cannot pay in ${amount.asset}: expected a currency like EUR/2`);
  }
  return { amount: new JsonNumber(formatAmount(amount)), currency };
}

/** Revolut cuts it as well; some recipients' banks cut it further. */
function referenceOf({ description, reference }: Order): string {
  return [...(description ?? reference)].slice(0, LONGEST_REFERENCE).join('');
}

/** An answer of /pay or /transfer, or a transaction. @throws RefusedError for a state that nobody knows */
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
