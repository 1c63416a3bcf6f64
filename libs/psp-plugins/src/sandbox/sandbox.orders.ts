/** Sends payouts and transfers, and finds them again. */
import {
  formatAmount,
  readOrderResult,
  requireOrderCurrency,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Order, OrderResult } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import type { SandboxClient } from './sandbox.client.js';
import { ORDER_STATUSES, PLUGIN_NAME } from './sandbox.vocabulary.js';
import type { PaymentRequest } from './simulator/order-endpoint.js';

export async function createOrder(client: SandboxClient, order: Order): Promise<OrderResult> {
  return toOrderResult(await client.createPayment(toPaymentRequest(order)));
}

/** Finds an order by its key, which the PSP keeps for ever. */
export async function findOrder(
  client: SandboxClient,
  { idempotencyKey }: Order,
): Promise<OrderResult | undefined> {
  const payment = await client.findPayment(idempotencyKey);
  return payment && toOrderResult(payment);
}

/**
 * Converts an order to a request for a payment.
 * @throws PspError `rejected` if the asset is not a currency
 */
function toPaymentRequest(order: Order): PaymentRequest {
  const { kind, idempotencyKey, reference, amount, sourceAccountId, destinationAccountId, metadata } = order;
  return {
    kind: kind === 'PAYOUT' ? 'payout' : 'transfer',
    ...{ key: idempotencyKey, reference, metadata },
    currency: requireOrderCurrency(order, 'the sandbox'),
    amount: formatAmount(amount),
    from: sourceAccountId,
    to: destinationAccountId,
  };
}

const RESPONSE_FORMAT = {
  psp: PLUGIN_NAME,
  statusProperty: 'state',
  reasonCode: ['reason', 'code'],
  reasonMessage: ['reason', 'text'],
};

function toOrderResult(response: Json): OrderResult {
  const status = translateOrDefault(ORDER_STATUSES, response.string('state'), 'PENDING');
  return readOrderResult(response, RESPONSE_FORMAT, status);
}
