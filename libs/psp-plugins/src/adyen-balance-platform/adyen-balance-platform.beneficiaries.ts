/**
 * Lists whom payouts can pay. Adyen has no list of payees: they are those of the settings, and the transfer instruments and bank accounts that
 * were paid before. A transfer instrument is the bank account of an account holder.
 */
import {
  createOwnerMetadata,
  normalizeIban,
  pickMetadata,
  readBankAccountId,
  readText,
  readTexts,
  toPayeeBeneficiary,
} from '@tributary/connector-api';
import type { Beneficiary, Cursor } from '@tributary/connector-api';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import { listPayees } from '@tributary/connector-api/listing';
import type { TimeWindowQuery } from '@tributary/connector-api/listing';
import { ADYEN_LISTS, type AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { OWNER_PROPERTY_PATHS, PLUGIN_NAME } from './adyen-balance-platform.vocabulary.js';

export function listBeneficiaryPages(context: AdyenBalancePlatformContext, since: Cursor | undefined) {
  const { client, settings } = context;
  const options = {
    ...{ ...ADYEN_LISTS, plugin: PLUGIN_NAME, start: Date.parse(settings.since), toBeneficiaries },
    configured: settings.beneficiaries.map(toPayeeBeneficiary),
    fetchPage: (query: TimeWindowQuery, signal: AbortSignal) =>
      client.listByTime('transfers', { ...query, category: 'bank' }, signal),
  };
  return listPayees(options, since, context);
}

/** Returns the beneficiary that a transfer paid; none for money that came in. */
function toBeneficiaries(transfer: Json): Beneficiary[] {
  const counterparty = transfer.at('counterparty');
  const bankAccount = counterparty.at('bankAccount');
  const instrumentId = readText(counterparty, 'transferInstrumentId');
  const id = instrumentId ?? readBankAccountId(bankAccount.at('accountIdentification'));
  if (id === undefined || readText(transfer, 'direction') !== 'outgoing') return [];
  const owner = (instrumentId === undefined ? bankAccount : transfer).at('accountHolder');
  const { name: ownerName = id } = readTexts(owner, { name: 'fullName description' });
  const metadata = {
    ...createOwnerMetadata({ name: ownerName, ...readTexts(bankAccount, OWNER_PROPERTY_PATHS) }),
    ...pickMetadata(PLUGIN_NAME, transfer, { account_holder_id: ['accountHolder', 'id'] }),
    // Adyen's own JSON, because a payout must repeat it.
    ...pickMetadata(PLUGIN_NAME, counterparty, { bank_account: ['bankAccount'] }),
  };
  return [{ id, ownerName, metadata }];
}

/** Returns the counterparty of a payout, as POST /transfers expects it. An id that is not a bank account is a transfer instrument. */
export async function createPayoutCounterparty(
  { settings, feedReader }: AdyenBalancePlatformContext,
  id: string,
): Promise<JsonBody> {
  const payee = settings.beneficiaries.find(({ iban }) => normalizeIban(iban) === id);
  if (payee !== undefined) {
    const accountIdentification = { type: 'iban', iban: id };
    return { bankAccount: { accountHolder: { fullName: payee.name }, accountIdentification } };
  }
  const served = await feedReader.findLatest('beneficiaries', [id]);
  const bankAccount = served.get(id)?.metadata[`com.${PLUGIN_NAME}.spec/bank_account`];
  return bankAccount === undefined
    ? { transferInstrumentId: id }
    : { bankAccount: JSON.parse(bankAccount) as JsonBody };
}
