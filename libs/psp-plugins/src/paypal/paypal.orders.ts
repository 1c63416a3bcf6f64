/**
 * Sends payouts, and finds them again. A batch with one item is one payout. PayPal recognises a `sender_batch_id` for 30 days: it rejects a
 * repeated batch and names the first batch. There is no other way to find a batch by its `sender_batch_id`.
 */
import {
  createOrderResult,
  createPspMetadata,
  formatAmount,
  formatOrderUnits,
  parseMoney,
  pickProperties,
  PspError,
  readOrderProperties,
  readText,
  createOrderRejection,
  requireOrderCurrency,
  translateOrDefault,
  truncateText,
} from '@tributary/connector-api';
import type { Order, OrderResult } from '@tributary/connector-api';
import { submitOrder } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { requireOrderObject, selectOrderItem } from '@tributary/connector-api/listing';
import { isBeneficiary } from './paypal.beneficiaries.js';
import type { PaypalContext } from './paypal.client.js';
import * as words from './paypal.vocabulary.js';

const { PLUGIN_NAME } = words;
/** Maximum length of the note of a batch and the note of its item together, in characters. */
const MAX_NOTE_LENGTH = 1000;
/** Properties of an item that a client can set in the metadata of the order. */
const ITEM_PROPERTIES = ['recipient_wallet', 'purpose', 'notification_language'];
const BATCH_PROPERTIES = ['email_subject', 'email_message'];
/** The words of an error about a repeated key. `refused`, `unused` and `does not exist` are words of other errors. */
const REPEAT_PATTERN = /already|duplicat|(?<![a-z])(?:exists|existing|(?:re-?)?used)(?![a-z])/i;
const BATCH_LINK_PATTERN = /\/v1\/payments\/payouts\/([\w-]+)/;

/** @throws PspError `rejected` when PayPal cannot execute the order exactly as it is */
export function createOrder(context: PaypalContext, order: Order): Promise<OrderResult> {
  return submitOrder({
    send: async () =>
      toOrderResult(await context.client.createPayoutBatch(await createBatch(context, order)), order),
    isDuplicate: isDuplicateBatch,
    find: (error) =>
      findOrder(context, { ...order, pspId: BATCH_LINK_PATTERN.exec(error.toJsonString())?.[1] }),
  });
}

/** @throws PspError `unavailable` as long as PayPal's id of the batch is unknown, or if the batch belongs to another order */
export async function findOrder(
  { client }: PaypalContext,
  order: Omit<Order, 'pspId'> & { pspId?: string | undefined },
): Promise<OrderResult | undefined> {
  const { pspId } = order;
  if (pspId === undefined)
    throw new PspError('unavailable', 'PayPal finds a batch by its own id only, which is not known yet');
  const getKey = (batch: Json) => readText(batch, 'batch_header', 'sender_batch_header', 'sender_batch_id');
  const found = requireOrderObject(await client.findPayoutBatch(pspId), order, { getKey });
  return found && toOrderResult(found, order);
}

async function createBatch(context: PaypalContext, order: Order): Promise<JsonBody> {
  const { idempotencyKey, sourceAccountId, destinationAccountId: receiver } = order;
  const { accountId } = context.settings;
  if (sourceAccountId !== accountId)
    throw createOrderRejection(`the connector pays from ${accountId} only, found ${sourceAccountId}`);
  const recipient_type = words.getRecipientType(receiver);
  if (recipient_type === undefined || !(await isBeneficiary(context, receiver))) {
    throw createOrderRejection(
      `${receiver} is no beneficiary: PayPal pays receivers of the setting "beneficiaries", and accounts that it has paid before`,
    );
  }
  const currency = requireOrderCurrency(order, 'PayPal');
  const isWhole = words.WHOLE_AMOUNT_CURRENCIES.includes(currency);
  const value = isWhole ? formatOrderUnits(order, 'PayPal', 0) : formatAmount(order.amount);
  const item = {
    ...{ recipient_type, receiver, sender_item_id: idempotencyKey, amount: { currency, value } },
    note: truncateText(order.description ?? order.reference, MAX_NOTE_LENGTH),
    ...readOrderProperties(PLUGIN_NAME, order, ITEM_PROPERTIES),
  };
  const properties = readOrderProperties(PLUGIN_NAME, order, BATCH_PROPERTIES);
  return { sender_batch_header: { sender_batch_id: idempotencyKey, ...properties }, items: [item] };
}

/**
 * PayPal's document names no code for this error. It says that the error "shows the duplicate sender_batch_id and includes a HATEOAS link to
 * the original payout", so each of the two is sufficient.
 */
function isDuplicateBatch(error: Json): boolean {
  const text = error.toJsonString();
  const isAboutKey = /sender_?batch_?id/i.test(text) && REPEAT_PATTERN.test(text);
  return isAboutKey || BATCH_LINK_PATTERN.test(text);
}

/**
 * Maps a batch. The status `SUCCESS` of a batch only means that PayPal has processed the batch. The result of the payout is the status of
 * its item. A batch has one item, which has the key and the amount of the order.
 * @throws PspError `unavailable` if the batch has other items
 * @throws InvalidRecordError if there is no id
 */
function toOrderResult(batch: Json, order: Pick<Order, 'idempotencyKey' | 'amount'>): OrderResult {
  const header = batch.at('batch_header');
  const amountOf = (item: Json) => item.at('payout_item', 'amount');
  // If the item is absent, `item` is an object in which every property is absent.
  const item = selectOrderItem(batch.optionalArray('items'), order, {
    getKey: (each) => readText(each, 'payout_item', 'sender_item_id'),
    getAmount: (each) => parseMoney(amountOf(each).decimal('value'), amountOf(each).string('currency')),
  });
  const batchStatus = readText(header, 'batch_status') ?? '';
  const itemStatus = readText(item, 'transaction_status');
  return createOrderResult({
    id: header.text('payout_batch_id'),
    status:
      itemStatus === undefined
        ? translateOrDefault(words.BATCH_STATUSES, batchStatus, 'PENDING')
        : translateOrDefault(words.ITEM_STATUSES, itemStatus, 'PENDING'),
    reasonCode: readText(item, 'errors', 'name') ?? itemStatus ?? batchStatus,
    reasonMessage: readText(item, 'errors', 'message'),
    metadata: {
      ...createPspMetadata(PLUGIN_NAME, { batch_status: batchStatus }),
      ...pickProperties(PLUGIN_NAME, item, ['payout_item_id', 'transaction_id', 'transaction_status']),
    },
  });
}
