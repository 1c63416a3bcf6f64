/** Executes orders. An order from a balance becomes a payout, and an order from a business account becomes a draft transfer. */
import { findPayee, createOrderRejection } from '@tributary/connector-api';
import type { Order, OrderResult } from '@tributary/connector-api';
import { createPayout, findPayout } from './mollie.payouts.js';
import type { MollieContext } from './mollie.transactions.js';
import { createDraft, findDraft } from './mollie.transfers.js';
import { getAccountResource } from './mollie.vocabulary.js';

export async function createOrder(context: MollieContext, order: Order): Promise<OrderResult> {
  const { client, settings, feedReader } = context;
  if (getAccountResource(order.sourceAccountId) === 'balances') {
    if (settings.payouts === 'off')
      throw createOrderRejection('payouts of balances are off; the setting "payouts" allows them');
    return createPayout(client, order);
  }
  if (settings.transfers === 'off')
    throw createOrderRejection('transfers of business accounts are off; the setting "transfers" allows them');
  const payee = await findPayee(order.destinationAccountId, settings.beneficiaries, feedReader);
  if (payee !== undefined) return createDraft(client, order, payee);
  throw createOrderRejection(
    `${order.destinationAccountId} has no IBAN: a business account pays beneficiaries that it has paid before, and those of the setting "beneficiaries"`,
  );
}

export function findOrder({ client }: MollieContext, order: Order): Promise<OrderResult | undefined> {
  const isPayout = getAccountResource(order.sourceAccountId) === 'balances';
  return isPayout ? findPayout(client, order) : findDraft(client, order);
}
