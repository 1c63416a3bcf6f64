/** Maps orders to the bodies of /pay and /transfer, and Revolut's responses to results. No side effects. */
import { formatAsset, getCurrencyDecimals, formatAmount, PspError, readText } from '@tributary/connector-api';
import type { Order, OrderResult, OrderStatus } from '@tributary/connector-api';
import { JsonNumber } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { parseBeneficiaryId } from './revolut-business.mapper.js';

/** `code` of the error "Duplicate request": Revolut already has this request_id. */
const DUPLICATE_REQUEST_CODE = '3020';

/** Returns whether an error body says that Revolut already has the order. The document says that the code is a number, but it can be a text. */
export function isDuplicateRequest(body: Json): boolean {
  return (
    readText(body, 'code') === DUPLICATE_REQUEST_CODE ||
    /^duplicate request/i.test(readText(body, 'message') ?? '')
  );
}

const STATUS_BY_STATE: ReadonlyMap<string, OrderStatus> = new Map([
  ['created', 'PENDING'],
  ['pending', 'PENDING'],
  ['completed', 'SUCCEEDED'],
  ['declined', 'FAILED'],
  ['failed', 'FAILED'],
  ['reverted', 'RETURNED'],
]);

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
 * Maps a response of /pay or /transfer, or a transaction. A state that is unknown to this plugin is not final.
 * @throws InvalidRecordError if there is no id or no state
 */
export function toOrderResult(response: Json): OrderResult {
  const state = response.string('state');
  const status = STATUS_BY_STATE.get(state) ?? 'PENDING';
  return {
    id: response.string('id'),
    status,
    ...(status === 'FAILED' || status === 'RETURNED'
      ? { reason: { code: readText(response, 'reason_code') ?? state } }
      : {}),
  };
}
