/** Sends payouts as outbound payments, and finds them again. */
import {
  createOrderRejection,
  readOrderResult,
  readText,
  readTexts,
  translateOrDefault,
  truncateText,
} from '@tributary/connector-api';
import type { Order, OrderResult } from '@tributary/connector-api';
import { JsonNumber, submitOrder } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import { findCreatedOrder } from '@tributary/connector-api/listing';
import { findPayer, readMoney } from './gocardless.accounts.js';
import type { GocardlessContext } from './gocardless.client.js';
import { ORDER_KEY_NAME, OUTBOUND_STATUSES, PLUGIN_NAME } from './gocardless.vocabulary.js';

const RESOURCE = 'outbound_payments';
const MAX_DESCRIPTION_LENGTH = 140;
/** What Faster Payments accepts as the reference on the statement of the recipient. */
const REFERENCE_PATTERN = /^[A-Za-z0-9 &\-./]{1,18}$/;
const DUPLICATE_REASON = 'idempotent_creation_conflict';
/** Where the error for a duplicate names the outbound payment that exists. */
const EXISTING_ID = { pspId: 'links.conflicting_resource_id' };
/** An order that is older than a year is no longer searched for. */
const MAX_ORDER_AGE_MS = 366 * 24 * 3_600_000;

/**
 * Creates an outbound payment.
 * @throws PspError `rejected` when GoCardless cannot execute the order exactly as it is
 */
export function createOrder(context: GocardlessContext, order: Order): Promise<OrderResult> {
  const findDuplicate = (body: Json) =>
    body.optionalArray('error', 'errors').find((error) => readText(error, 'reason') === DUPLICATE_REASON);
  return submitOrder({
    send: async () => toOrderResult(await sendOrder(context, order)),
    isDuplicate: (body) => findDuplicate(body) !== undefined,
    find: (body) => findOrder(context, { ...order, ...readTexts(findDuplicate(body) ?? body, EXISTING_ID) }),
  });
}

async function sendOrder({ client }: GocardlessContext, order: Order): Promise<Json> {
  const { amount, sourceAccountId, destinationAccountId, description, reference, idempotencyKey } = order;
  if (amount.asset !== 'GBP/2')
    throw createOrderRejection(`GoCardless pays GBP/2 only, found ${amount.asset}`);
  const accounts = await client.listAll('payment_accounts', {});
  const account = accounts.find((row) => readText(row, 'id') === sourceAccountId);
  if (account === undefined || findPayer(accounts, account) !== sourceAccountId)
    throw createOrderRejection(
      `${sourceAccountId} is not a payment account, or its creditor has several, of which GoCardless chooses one to pay`,
    );
  const statement = [description, reference].find((text) => REFERENCE_PATTERN.test(text ?? ''));
  const body = {
    ...{ amount: new JsonNumber(String(amount.amount)), scheme: 'faster_payments', reference: statement },
    description: truncateText(description ?? reference, MAX_DESCRIPTION_LENGTH),
    metadata: { [ORDER_KEY_NAME]: idempotencyKey },
    links: { creditor: account.string('links', 'creditor'), recipient_bank_account: destinationAccountId },
  };
  return client.createOutboundPayment(body, idempotencyKey);
}

/** Finds an order by GoCardless' id. Before that id is known, it reads the outbound payments since the order, which repeat its key in their metadata. */
export function findOrder({ client, signal }: GocardlessContext, order: Order) {
  return findCreatedOrder(order, {
    findById: (id) => client.find(RESOURCE, id, signal),
    fetchPage: (window) => client.listCreated(RESOURCE, window, signal),
    getKey: (row) => readText(row, 'metadata', ORDER_KEY_NAME),
    getAmount: (row) => readMoney(row, 'amount'),
    ...{ maxWindowMs: MAX_ORDER_AGE_MS, toOrderResult },
  });
}

const RESPONSE_FORMAT = {
  ...{ psp: PLUGIN_NAME, statusProperty: 'status', statusKey: 'status', properties: ['execution_date'] },
};

/** A word that GoCardless adds later is not known to be final. @throws InvalidRecordError if there is no id or no status */
function toOrderResult(response: Json): OrderResult {
  const status = translateOrDefault(OUTBOUND_STATUSES, response.string('status'), 'PENDING');
  return readOrderResult(response, RESPONSE_FORMAT, status === 'CANCELLED' ? 'FAILED' : status);
}
