/** Lists as beneficiaries whom the account can pay: the receivers in the settings, and the accounts that it has already paid. */
import { createOwnerMetadata, createPspMetadata, readText } from '@tributary/connector-api';
import type { Beneficiary, Cursor } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { listPayees } from '@tributary/connector-api/listing';
import { createTransactionList, type PaypalContext } from './paypal.client.js';
import type { PaypalPayeeSettings } from './paypal.config.js';
import { getRecipientType, MASS_PAYMENT_CODE, PLUGIN_NAME } from './paypal.vocabulary.js';

export function listBeneficiaryPages(context: PaypalContext, since: Cursor | undefined) {
  const options = {
    ...createTransactionList(context, { transaction_type: MASS_PAYMENT_CODE }),
    ...{ plugin: PLUGIN_NAME, toBeneficiaries: toPaidBeneficiaries },
    configured: context.settings.beneficiaries.map(toConfiguredBeneficiary),
  };
  return listPayees(options, since, context);
}

/** Returns whether an order can pay this beneficiary. */
export async function isBeneficiary({ settings, feedReader }: PaypalContext, id: string): Promise<boolean> {
  if (settings.beneficiaries.some(({ receiver }) => receiver === id)) return true;
  return (await feedReader.findLatest('beneficiaries', [id])).has(id);
}

function toConfiguredBeneficiary({ name, receiver }: PaypalPayeeSettings): Beneficiary {
  const type = getRecipientType(receiver);
  const owner = { name, ...(type === 'EMAIL' && { email: receiver }) };
  const metadata = {
    ...createPspMetadata(PLUGIN_NAME, { recipient_type: type }),
    ...createOwnerMetadata(owner),
  };
  return { id: receiver, ownerName: name, metadata };
}

/** Returns the receiver of a payout. Returns nothing for an incoming payment, or if the receiver has no account. */
function toPaidBeneficiaries(row: Json): Beneficiary[] {
  const id = readText(row, 'transaction_info', 'paypal_account_id') ?? '';
  const isOutgoing = row.decimal('transaction_info', 'transaction_amount', 'value').startsWith('-');
  if (!isOutgoing || getRecipientType(id) !== 'PAYPAL_ID') return [];
  const payer = row.at('payer_info');
  const email = readText(payer, 'email_address');
  const name = readText(payer, 'payer_name', 'alternate_full_name') ?? email ?? id;
  const metadata = {
    ...createPspMetadata(PLUGIN_NAME, { recipient_type: 'PAYPAL_ID' }),
    ...createOwnerMetadata({ name, email, country: readText(payer, 'country_code') }),
  };
  return [{ id, ownerName: name, metadata }];
}
