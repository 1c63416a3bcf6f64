/** Sends payments and transfers, and finds them again. */
import {
  formatAmount,
  parseMoney,
  readOrderProperties,
  readOrderResult,
  readText,
  requireOrderCurrency,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Money, Order, OrderResult } from '@tributary/connector-api';
import { JsonNumber, submitOrder } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { requireOrderObject, selectOrderObject } from '@tributary/connector-api/listing';
import type { OrderRecognition } from '@tributary/connector-api/listing';
import { parseBeneficiaryId } from './revolut-business.beneficiaries.js';
import type { RevolutBusinessContext } from './revolut-business.client.js';
import { ORDER_STATUSES, PLUGIN_NAME } from './revolut-business.vocabulary.js';

const HOUR_MS = 3_600_000;
/**
 * The maximum time range in ms of a search for an order. A search by `request_id` covers at most 14 days. Source: `request_id` of GET
 * /transactions.
 */
const ORDER_SEARCH_RANGE_MS = 14 * 24 * HOUR_MS - HOUR_MS;
/**
 * The `code` of the error "Duplicate request", with which Revolut reports that it already has an order with this request_id. The document
 * declares a number, but the code can be a string.
 */
const DUPLICATE_REQUEST_CODE = '3020';
/** The properties of a payment that some currencies and countries require. A client sends them in the metadata of the order. */
const METADATA_PROPERTIES = ['charge_bearer', 'transfer_reason_code', 'exchange_reason_code'];
/**
 * The maximum number of characters of a reference. Revolut truncates longer references, and the banks of some recipients truncate them
 * further.
 */
const MAX_REFERENCE_LENGTH = 140;

/** Sends an order to `/pay` or `/transfer`. */
export function createOrder(context: RevolutBusinessContext, order: Order): Promise<OrderResult> {
  return submitOrder({
    send: async () => toOrderResult(await sendOrder(context, order)),
    isDuplicate: (body) =>
      readText(body, 'code') === DUPLICATE_REQUEST_CODE ||
      /^duplicate request/i.test(readText(body, 'message') ?? ''),
    find: () => findOrder(context, order),
  });
}

/**
 * Sends an order, and returns the response.
 * @throws PspError `rejected` if the asset is not a currency
 */
async function sendOrder({ client }: RevolutBusinessContext, order: Order): Promise<Json> {
  const { idempotencyKey: request_id, sourceAccountId, destinationAccountId } = order;
  const shared = {
    amount: new JsonNumber(formatAmount(order.amount)),
    currency: requireOrderCurrency(order, 'Revolut'),
    reference: [...(order.description ?? order.reference)].slice(0, MAX_REFERENCE_LENGTH).join(''),
  };
  if (order.kind === 'TRANSFER') {
    const accounts = { source_account_id: sourceAccountId, target_account_id: destinationAccountId };
    return client.createTransfer({ request_id, ...accounts, ...shared });
  }
  const receiver = { ...parseBeneficiaryId(destinationAccountId) };
  const properties = readOrderProperties(PLUGIN_NAME, order, METADATA_PROPERTIES);
  const body = { request_id, account_id: sourceAccountId, receiver, ...shared, ...properties };
  return client.createPayment(body);
}

/**
 * Finds an order by Revolut's id. As long as this id is unknown, the order is searched for by its key, which Revolut supports for at most
 * 14 days.
 */
export async function findOrder(
  { client }: RevolutBusinessContext,
  order: Order,
): Promise<OrderResult | undefined> {
  const { pspId, idempotencyKey, createdAt } = order;
  const recognition: OrderRecognition = {
    getKey: (row) => readText(row, 'request_id'),
    getAmount: (row) => readOrderAmount(row, order),
  };
  if (pspId !== undefined) {
    const transaction = requireOrderObject(await client.getTransaction(pspId), order, recognition);
    return transaction && toOrderResult(transaction);
  }
  const from = Date.parse(createdAt) - HOUR_MS;
  const query = { from, to: from + ORDER_SEARCH_RANGE_MS, request_id: idempotencyKey };
  const found = selectOrderObject(await client.listTransactions(query), order, recognition);
  return found && toOrderResult(found);
}

/**
 * Returns the amount of a transaction, without its fee.
 * @returns `undefined` if no leg has the currency of the order, because Revolut converted the amount
 */
function readOrderAmount(row: Json, { amount: { asset } }: Order): Money | undefined {
  const amounts = row.array('legs').map((leg) => parseMoney(leg.decimal('amount'), leg.string('currency')));
  const isConverted = row.array('legs').some((leg) => leg.has('bill_currency'));
  return amounts.find((amount) => amount.asset === asset) ?? (isConverted ? undefined : amounts[0]);
}

const RESPONSE_FORMAT = { psp: PLUGIN_NAME, statusProperty: 'state', reasonCode: ['reason_code'] };

/**
 * Converts a response of /pay or /transfer, or a transaction, to the result of an order.
 * @throws InvalidRecordError if it contains no id or no state
 */
function toOrderResult(response: Json): OrderResult {
  const status = translateOrDefault(ORDER_STATUSES, response.string('state'), 'PENDING');
  return readOrderResult(response, RESPONSE_FORMAT, status);
}
