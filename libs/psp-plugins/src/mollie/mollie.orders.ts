/** Executes orders: an order from a balance is a payout, an order from a business account a draft transfer. */
import { normalizeIban, OWNER_METADATA_PREFIX, PspError } from '@tributary/connector-api';
import type { Order, OrderResult } from '@tributary/connector-api';
import { createPayout, findPayout } from './mollie.payouts.js';
import type { MollieContext } from './mollie.transactions.js';
import { createDraft, findDraft } from './mollie.transfers.js';
import { getAccountResource } from './mollie.types.js';
import type { Payee } from './mollie.types.js';

export async function createOrder(context: MollieContext, order: Order): Promise<OrderResult> {
  const isPayout = getAccountResource(order.sourceAccountId) === 'balances';
  const [what, setting] = isPayout
    ? (['payouts of balances', 'payouts'] as const)
    : (['transfers from business accounts', 'transfers'] as const);
  if (context.settings[setting] === 'off')
    throw new PspError('rejected', `${what} are off; the setting "${setting}" allows them`);
  if (isPayout) return createPayout(context.client, order);
  return createDraft(context.client, order, await resolvePayee(context, order.destinationAccountId));
}

export function findOrder({ client }: MollieContext, order: Order): Promise<OrderResult | undefined> {
  const isPayout = getAccountResource(order.sourceAccountId) === 'balances';
  return isPayout ? findPayout(client, order) : findDraft(client, order);
}

async function resolvePayee({ settings, feedReader }: MollieContext, beneficiaryId: string): Promise<Payee> {
  const configured = settings.beneficiaries.find(({ iban }) => normalizeIban(iban) === beneficiaryId);
  if (configured !== undefined) return { name: configured.name, iban: beneficiaryId };
  const served = await feedReader.findLatest('beneficiaries', [beneficiaryId]);
  const { metadata } = served.get(beneficiaryId) ?? {};
  const [name, iban] = ['name', 'iban'].map((key) => metadata?.[OWNER_METADATA_PREFIX + key]);
  if (name !== undefined && iban !== undefined) return { name, iban };
  throw new PspError(
    'rejected',
    `${beneficiaryId} has no IBAN: a business account pays beneficiaries that it has paid before, and those of the setting "beneficiaries"`,
  );
}
