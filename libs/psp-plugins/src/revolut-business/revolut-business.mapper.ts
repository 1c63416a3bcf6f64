/**
 * Maps Revolut's accounts and counterparties to records, without side effects. All functions throw InvalidRecordError, which names the invalid
 * property.
 */
import { money } from '@tributary/connector-api';
import type { Account, Balances, Beneficiary, Metadata } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';

/** `({ currency: 'EUR' })` → `{ 'com.revolut-business.spec/currency': 'EUR' }` */
export function revolutMetadata(members: Readonly<Record<string, string | undefined>>): Metadata {
  return Object.fromEntries(
    Object.entries(members).map(([key, value]) => [`com.revolut-business.spec/${key}`, value]),
  );
}

export function toAccount(row: Json): Account {
  const currency = row.text('currency');
  return {
    id: row.text('id'),
    name: row.optionalText('name') ?? currency,
    openedAt: row.time('created_at'),
    metadata: revolutMetadata({ currency, state: row.optionalText('state') }),
  };
}

/**
 * Maps the balance of an account.
 * @param at time of the request, because the response has no time
 */
export function toBalances(row: Json, at: string): Balances {
  return {
    accountId: row.text('id'),
    at,
    amounts: [money(row.decimal('balance'), row.text('currency'))],
  };
}

/** The receiver of a payment, as `/pay` expects it. */
export interface Receiver {
  counterparty_id: string;
  account_id?: string;
  card_id?: string;
}

const CARD = 'card';

/**
 * Formats a beneficiary id: `<counterparty>.<account>`, `<counterparty>.card.<card>`, or `<counterparty>` alone. The ids are UUIDs, so `.`
 * separates them.
 */
export function writeBeneficiaryId({ counterparty_id, account_id, card_id }: Receiver): string {
  if (account_id !== undefined) return `${counterparty_id}.${account_id}`;
  return card_id === undefined ? counterparty_id : `${counterparty_id}.${CARD}.${card_id}`;
}

export function readBeneficiaryId(id: string): Receiver {
  const [counterparty_id = '', method, card_id] = id.split('.');
  if (method === undefined) return { counterparty_id };
  return method === CARD && card_id !== undefined
    ? { counterparty_id, card_id }
    : { counterparty_id, account_id: method };
}

/**
 * Maps a counterparty to one beneficiary for each account and card. Revolut rejects a payment to a counterparty with several of them unless the
 * payment names one. A counterparty without accounts and cards (another customer of Revolut) is one beneficiary.
 */
export function toBeneficiaries(row: Json): Beneficiary[] {
  const counterparty_id = row.text('id');
  const accounts = row.optionalList('accounts').map((account) => ({
    receiver: { counterparty_id, account_id: account.text('id') },
    metadata: accountMetadata(account),
  }));
  const cards = row.optionalList('cards').map((card) => ({
    receiver: { counterparty_id, card_id: card.text('id') },
    metadata: cardMetadata(card),
  }));
  const methods = [...accounts, ...cards];
  const all = methods.length > 0 ? methods : [{ receiver: { counterparty_id }, metadata: {} }];
  return all.map(({ receiver, metadata }) => ({
    id: writeBeneficiaryId(receiver),
    ownerName: row.text('name'),
    registeredAt: row.time('created_at'),
    metadata: { ...ownerMetadata(row), ...metadata },
  }));
}

function ownerMetadata(row: Json): Metadata {
  return {
    'com.formance.spec/owner/name': row.text('name'),
    'com.formance.spec/owner/country': row.optionalText('country'),
    ...revolutMetadata({
      counterparty_id: row.text('id'),
      state: row.optionalText('state'),
      profile_type: row.optionalText('profile_type'),
      revtag: row.optionalText('revtag'),
    }),
  };
}

const OTHER_NUMBERS = [
  'sort_code',
  'routing_number',
  'clabe',
  'ifsc',
  'bsb_code',
  'bank_number',
  'branch_code',
];

function accountMetadata(account: Json): Metadata {
  return {
    'com.formance.spec/owner/iban': account.optionalText('iban'),
    'com.formance.spec/owner/accountNumber': account.optionalText('account_no'),
    'com.formance.spec/owner/swiftBicCode': account.optionalText('bic'),
    'com.formance.spec/owner/addressLine1': account.optionalText('address', 'street_line1'),
    'com.formance.spec/owner/city': account.optionalText('address', 'city'),
    'com.formance.spec/owner/postalCode': account.optionalText('address', 'postcode'),
    ...(account.has('address', 'country') && {
      'com.formance.spec/owner/country': account.text('address', 'country'),
    }),
    ...revolutMetadata({
      account_name: account.optionalText('name'),
      account_type: account.optionalText('type'),
      bank_country: account.optionalText('bank_country'),
      currency: account.text('currency'),
      ...Object.fromEntries(OTHER_NUMBERS.map((name) => [name, account.optionalText(name)])),
    }),
  };
}

function cardMetadata(card: Json): Metadata {
  return revolutMetadata({
    card_scheme: card.optionalText('scheme'),
    card_country: card.optionalText('country'),
    // The document's schema says string, but its examples have a number.
    card_last_digits: card.has('last_digits') ? card.at('last_digits').decimal().padStart(4, '0') : undefined,
    currency: card.optionalText('currency'),
  });
}
