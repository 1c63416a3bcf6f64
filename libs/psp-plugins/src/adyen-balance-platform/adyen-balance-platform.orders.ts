/** Sends payouts and transfers, both with POST /transfers, and finds them again. */
import {
  formatOrderUnits,
  readOrderProperties,
  readOrderResult,
  readText,
  requireOrderCurrency,
  translateOrDefault,
  truncateText,
} from '@tributary/connector-api';
import type { Order, OrderResult } from '@tributary/connector-api';
import { JsonNumber, submitOrder } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { findCreatedOrder } from '@tributary/connector-api/listing';
import { createPayoutCounterparty } from './adyen-balance-platform.beneficiaries.js';
import type { AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { parseAdyenAmount, parseBookings } from './adyen-balance-platform.mapper.js';
import * as words from './adyen-balance-platform.vocabulary.js';

const HOUR_MS = 3_600_000;
/** Milliseconds. Shorter than the longest window of GET /transfers, which is six months. */
const ORDER_SEARCH_RANGE_MS = 179 * 24 * HOUR_MS;
/** `errorCode` of the error for a key whose first request is still processed. Source: Adyen's page "API idempotency". */
const DUPLICATE_REQUEST_CODE = '704';
/** Source: `description` of POST /transfers. Banks may refuse other characters. */
const UNSUPPORTED_CHARACTERS = /[^A-Za-z0-9/?:().,'+ -]/g;
const MAX_DESCRIPTION_LENGTH = 140;
/** The properties of a transfer that a client can set in the metadata of the order. */
const ORDER_PROPERTIES = ['reference_for_beneficiary', 'priority'];

export function createOrder(context: AdyenBalancePlatformContext, order: Order): Promise<OrderResult> {
  return submitOrder({
    send: async () => {
      const request = await toTransferRequest(context, order);
      return toOrderResult(await context.client.createTransfer(order.idempotencyKey, request));
    },
    isDuplicate: (body) => readText(body, 'errorCode') === DUPLICATE_REQUEST_CODE,
    find: () => findOrder(context, order),
  });
}

/** @throws PspError `rejected` when Adyen cannot pay the amount exactly */
async function toTransferRequest(context: AdyenBalancePlatformContext, order: Order): Promise<JsonBody> {
  const { idempotencyKey, sourceAccountId: balanceAccountId, destinationAccountId } = order;
  const currency = requireOrderCurrency(order, 'Adyen');
  const units = formatOrderUnits(order, 'Adyen', words.CURRENCY_DECIMALS[currency]);
  const text = (order.description ?? order.reference).normalize('NFC').replace(UNSUPPORTED_CHARACTERS, ' ');
  const { reference_for_beneficiary: referenceForBeneficiary, priority = context.settings.priority } =
    readOrderProperties(words.PLUGIN_NAME, order, ORDER_PROPERTIES);
  const shared = {
    ...{ amount: { value: new JsonNumber(units), currency }, balanceAccountId },
    // GET /transfers finds an order by its reference.
    reference: idempotencyKey,
    description: truncateText(text, MAX_DESCRIPTION_LENGTH),
    referenceForBeneficiary,
  };
  if (order.kind === 'TRANSFER') {
    const counterparty = { balanceAccountId: destinationAccountId };
    return { ...shared, category: 'internal', type: 'internalTransfer', counterparty };
  }
  return {
    ...{ ...shared, category: 'bank', type: 'bankTransfer' },
    counterparty: await createPayoutCounterparty(context, destinationAccountId),
    priority,
  };
}

/** Finds an order by Adyen's id. Before that id is known, it searches by the order's key, which is the reference of the transfer. */
export function findOrder({ client }: AdyenBalancePlatformContext, order: Order) {
  const reference = order.idempotencyKey;
  return findCreatedOrder(order, {
    findById: (id) => client.findTransfer(id),
    fetchPage: (window) => client.listByTime('transfers', { ...window, reference }),
    // The receiving side of an internal transfer has the same reference.
    getKey: (row) => (readText(row, 'direction') === 'incoming' ? undefined : readText(row, 'reference')),
    getAmount: (row) => parseAdyenAmount(row.at('amount'), 'value'),
    maxWindowMs: ORDER_SEARCH_RANGE_MS,
    toOrderResult,
  });
}

const RESPONSE_FORMAT = { psp: words.PLUGIN_NAME, statusProperty: 'status', reasonCode: ['reason'] };

/** @throws InvalidRecordError if there is no id or no status */
function toOrderResult(transfer: Json): OrderResult {
  const status = translateOrDefault(words.TRANSFER_STATUSES, transfer.string('status'), 'OTHER');
  const result = translateOrDefault(words.ORDER_STATUSES, status, 'PENDING');
  // A payout that failed after it was booked had left the account.
  const hasReturned = result === 'FAILED' && parseBookings(transfer).length > 0;
  return readOrderResult(transfer, RESPONSE_FORMAT, hasReturned ? 'RETURNED' : result);
}
