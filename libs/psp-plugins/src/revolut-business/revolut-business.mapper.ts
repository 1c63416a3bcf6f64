/**
 * Maps Revolut's accounts and counterparties to records, without side effects. All functions throw InvalidRecordError, which names the invalid
 * property.
 */
import { createMetadata, parseMoney, readText } from '@tributary/connector-api';
import type { Account, Balances, Beneficiary, Metadata } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';

export function toAccount(row: Json): Account {
  const currency = row.string('currency');
  return {
    id: row.string('id'),
    name: readText(row, 'name') ?? currency,
    openedAt: row.time('created_at'),
    metadata: createMetadata('revolut-business', { currency, state: readText(row, 'state') }),
  };
}

/**
 * Maps the balance of an account.
 * @param at time of the request, because the response has no time
 */
export function toBalances(row: Json, at: string): Balances {
  return {
    accountId: row.string('id'),
    at,
    amounts: [parseMoney(row.decimal('balance'), row.string('currency'))],
  };
}

/** The receiver of a payment, as `/pay` expects it. */
export interface PaymentReceiver {
  counterparty_id: string;
  account_id?: string;
  card_id?: string;
}

const CARD_SEGMENT = 'card';

/**
 * Formats a beneficiary id: `<counterparty>.<account>`, `<counterparty>.card.<card>`, or `<counterparty>` alone. The ids are UUIDs, so `.`
 * separates them.
 */
export function formatBeneficiaryId({ counterparty_id, account_id, card_id }: PaymentReceiver): string {
  if (account_id !== undefined) return `${counterparty_id}.${account_id}`;
  return card_id === undefined ? counterparty_id : `${counterparty_id}.${CARD_SEGMENT}.${card_id}`;
}

export function parseBeneficiaryId(id: string): PaymentReceiver {
  const [counterparty_id = '', method, card_id] = id.split('.');
  if (method === undefined) return { counterparty_id };
  return method === CARD_SEGMENT && card_id !== undefined
    ? { counterparty_id, card_id }
    : { counterparty_id, account_id: method };
}

/**
 * Maps a counterparty to one beneficiary for each account and card. Revolut rejects a payment to a counterparty with several of them unless the
 * payment names one. A counterparty without accounts and cards (another customer of Revolut) is one beneficiary.
 */
export function toBeneficiaries(row: Json): Beneficiary[] {
  const counterparty_id = row.string('id');
  const accounts = row.optionalArray('accounts').map((account) => ({
    receiver: { counterparty_id, account_id: account.string('id') },
    metadata: createAccountMetadata(account),
  }));
  const cards = row.optionalArray('cards').map((card) => ({
    receiver: { counterparty_id, card_id: card.string('id') },
    metadata: createCardMetadata(card),
  }));
  const methods = [...accounts, ...cards];
  const all = methods.length > 0 ? methods : [{ receiver: { counterparty_id }, metadata: {} }];
  return all.map(({ receiver, metadata }) => ({
    id: formatBeneficiaryId(receiver),
    ownerName: row.string('name'),
    registeredAt: row.time('created_at'),
    metadata: { ...createOwnerMetadata(row), ...metadata },
  }));
}

function createOwnerMetadata(row: Json): Metadata {
  return {
    'com.formance.spec/owner/name': row.string('name'),
    'com.formance.spec/owner/country': readText(row, 'country'),
    ...createMetadata('revolut-business', {
      counterparty_id: row.string('id'),
      state: readText(row, 'state'),
      profile_type: readText(row, 'profile_type'),
      revtag: readText(row, 'revtag'),
    }),
  };
}

const LOCAL_ACCOUNT_PROPERTIES = [
  'sort_code',
  'routing_number',
  'clabe',
  'ifsc',
  'bsb_code',
  'bank_number',
  'branch_code',
];

function createAccountMetadata(account: Json): Metadata {
  return {
    'com.formance.spec/owner/iban': readText(account, 'iban'),
    'com.formance.spec/owner/accountNumber': readText(account, 'account_no'),
    'com.formance.spec/owner/swiftBicCode': readText(account, 'bic'),
    'com.formance.spec/owner/addressLine1': readText(account, 'address', 'street_line1'),
    'com.formance.spec/owner/city': readText(account, 'address', 'city'),
    'com.formance.spec/owner/postalCode': readText(account, 'address', 'postcode'),
    ...(account.has('address', 'country') && {
      'com.formance.spec/owner/country': account.string('address', 'country'),
    }),
    ...createMetadata('revolut-business', {
      account_name: readText(account, 'name'),
      account_type: readText(account, 'type'),
      bank_country: readText(account, 'bank_country'),
      currency: account.string('currency'),
      ...Object.fromEntries(LOCAL_ACCOUNT_PROPERTIES.map((name) => [name, readText(account, name)])),
    }),
  };
}

function createCardMetadata(card: Json): Metadata {
  return createMetadata('revolut-business', {
    card_scheme: readText(card, 'scheme'),
    card_country: readText(card, 'country'),
    // The document's schema says string, but its examples have a number.
    card_last_digits: readText(card, 'last_digits')?.padStart(4, '0'),
    currency: readText(card, 'currency'),
  });
}
