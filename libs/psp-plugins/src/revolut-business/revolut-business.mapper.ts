/**
 * Maps Revolut's accounts and counterparties to records, without side effects. All functions throw InvalidRecordError, which names the invalid
 * property.
 */
import { parseMoney } from '@tributary/connector-api';
import type { Account, Balances, Beneficiary, Metadata } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';

/** `({ currency: 'EUR' })` → `{ 'com.revolut-business.spec/currency': 'EUR' }` */
export function createRevolutMetadata(properties: Readonly<Record<string, string | undefined>>): Metadata {
  return Object.fromEntries(
    Object.entries(properties).map(([key, value]) => [`com.revolut-business.spec/${key}`, value]),
  );
}

export function toAccount(row: Json): Account {
  const currency = row.string('currency');
  return {
    id: row.string('id'),
    name: row.optionalString('name') ?? currency,
    openedAt: row.time('created_at'),
    metadata: createRevolutMetadata({ currency, state: row.optionalString('state') }),
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
    'com.formance.spec/owner/country': row.optionalString('country'),
    ...createRevolutMetadata({
      counterparty_id: row.string('id'),
      state: row.optionalString('state'),
      profile_type: row.optionalString('profile_type'),
      revtag: row.optionalString('revtag'),
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
    'com.formance.spec/owner/iban': account.optionalString('iban'),
    'com.formance.spec/owner/accountNumber': account.optionalString('account_no'),
    'com.formance.spec/owner/swiftBicCode': account.optionalString('bic'),
    'com.formance.spec/owner/addressLine1': account.optionalString('address', 'street_line1'),
    'com.formance.spec/owner/city': account.optionalString('address', 'city'),
    'com.formance.spec/owner/postalCode': account.optionalString('address', 'postcode'),
    ...(account.has('address', 'country') && {
      'com.formance.spec/owner/country': account.string('address', 'country'),
    }),
    ...createRevolutMetadata({
      account_name: account.optionalString('name'),
      account_type: account.optionalString('type'),
      bank_country: account.optionalString('bank_country'),
      currency: account.string('currency'),
      ...Object.fromEntries(LOCAL_ACCOUNT_PROPERTIES.map((name) => [name, account.optionalString(name)])),
    }),
  };
}

function createCardMetadata(card: Json): Metadata {
  return createRevolutMetadata({
    card_scheme: card.optionalString('scheme'),
    card_country: card.optionalString('country'),
    // The document's schema says string, but its examples have a number.
    card_last_digits: card.has('last_digits') ? card.at('last_digits').decimal().padStart(4, '0') : undefined,
    currency: card.optionalString('currency'),
  });
}
