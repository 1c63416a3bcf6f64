/**
 * Lists counterparties and converts them to beneficiaries. Revolut lists them newest first, with a filter `created_before`, but without a
 * filter for changes.
 */
import {
  createPspMetadata,
  createOwnerMetadata,
  parseRowToRecords,
  pickMetadata,
  pickProperties,
  readText,
} from '@tributary/connector-api';
import type { AddRecord, Beneficiary, Cursor, Metadata } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { rereadTimeWindowPages } from '@tributary/connector-api/listing';
import type { RereadCursorOptions, RereadTimeWindowsOptions } from '@tributary/connector-api/listing';
import { REVOLUT_LISTS, type RevolutBusinessContext } from './revolut-business.client.js';
import { PLUGIN_NAME } from './revolut-business.vocabulary.js';

const HOUR_MS = 3_600_000;
/**
 * The position of the first listing. It begins in the year in which Revolut was founded. The window is a hundred years long, because the
 * whole list is short.
 */
const START = { at: Date.UTC(2015, 0, 1), span: 100 * 365 * 24 * HOUR_MS };

const CURSOR_OPTIONS: RereadCursorOptions = {
  plugin: PLUGIN_NAME,
  version: 3,
  // The position of version 2 had another format. Everything is listed again, and the gateway ignores records that it already has.
  upgrade: ({ v, position }) =>
    v === 2 && position !== undefined ? { base: START, reread: 0, open: [] } : undefined,
};

/** Lists new counterparties. At intervals of `rereadEveryHours`, all counterparties are listed, to find changes. */
export function listBeneficiaryPages(context: RevolutBusinessContext, since: Cursor | undefined) {
  const { pageSize, rereadEveryHours } = context.settings;
  const options: RereadTimeWindowsOptions<Json> = {
    ...REVOLUT_LISTS,
    ignoresFrom: true,
    fetchPage: async ({ to, limit = pageSize }, signal) => ({
      rows: await context.client.listCounterparties(to, limit, signal),
    }),
    start: START.at,
    initialWindowMs: START.span,
    overlapMs: HOUR_MS,
    changesWithinMs: Infinity,
    everyMs: rereadEveryHours * HOUR_MS,
  };
  const mapRows = (rows: Json[]) => rows.flatMap((row) => parseRowToRecords(row, 'id', addBeneficiaries));
  return rereadTimeWindowPages(CURSOR_OPTIONS, options, mapRows, since, context);
}

/** The receiver of a payment, in the form that `/pay` expects. */
export interface PaymentReceiver {
  counterparty_id: string;
  account_id?: string | undefined;
  card_id?: string | undefined;
}

const CARD_SEGMENT = 'card';

/**
 * Formats a beneficiary id: `<counterparty>.<account>`, `<counterparty>.card.<card>`, or `<counterparty>` alone. The parts are UUIDs, which
 * contain no `.`.
 */
export function formatBeneficiaryId({ counterparty_id, account_id, card_id }: PaymentReceiver): string {
  if (account_id !== undefined) return `${counterparty_id}.${account_id}`;
  return card_id === undefined ? counterparty_id : `${counterparty_id}.${CARD_SEGMENT}.${card_id}`;
}

export function parseBeneficiaryId(id: string): PaymentReceiver {
  const [counterparty_id = '', account_id, card_id] = id.split('.');
  if (account_id === undefined) return { counterparty_id };
  return account_id === CARD_SEGMENT && card_id !== undefined
    ? { counterparty_id, card_id }
    : { counterparty_id, account_id };
}

/**
 * Converts a counterparty to one beneficiary for each of its accounts and cards. If a counterparty has several of them, Revolut rejects a
 * payment without the id of one of them. A counterparty without accounts and cards (another customer of Revolut) becomes one beneficiary. An
 * account or card that is invalid does not affect the others.
 */
function addBeneficiaries(row: Json, add: AddRecord<Beneficiary>): void {
  const counterparty_id = row.string('id');
  const toBeneficiary = (receiver: Omit<PaymentReceiver, 'counterparty_id'>, metadata: Metadata) => ({
    id: formatBeneficiaryId({ counterparty_id, ...receiver }),
    ownerName: row.string('name'),
    registeredAt: row.time('created_at'),
    metadata: {
      ...createOwnerMetadata({ name: row.string('name'), country: readText(row, 'country') }),
      ...createPspMetadata(PLUGIN_NAME, { counterparty_id }),
      ...pickProperties(PLUGIN_NAME, row, ['state', 'profile_type', 'revtag']),
      ...metadata,
    },
  });
  const [accounts, cards] = [row.optionalArray('accounts'), row.optionalArray('cards')];
  // A rejected record has the id of the valid one, so that its entry in the quarantine ends when the record arrives right.
  for (const [index, account] of accounts.entries())
    add(
      formatBeneficiaryId({ counterparty_id, account_id: readText(account, 'id') ?? `account-${index}` }),
      () => toBeneficiary({ account_id: account.string('id') }, createAccountMetadata(row, account)),
    );
  for (const [index, card] of cards.entries())
    add(formatBeneficiaryId({ counterparty_id, card_id: readText(card, 'id') ?? `card-${index}` }), () =>
      toBeneficiary({ card_id: card.string('id') }, createCardMetadata(card)),
    );
  if (accounts.length + cards.length === 0) add(counterparty_id, () => toBeneficiary({}, {}));
}

function createAccountMetadata(row: Json, account: Json): Metadata {
  return {
    ...createOwnerMetadata({
      iban: readText(account, 'iban'),
      accountNumber: readText(account, 'account_no'),
      swiftBicCode: readText(account, 'bic'),
      addressLine1: readText(account, 'address', 'street_line1'),
      city: readText(account, 'address', 'city'),
      postalCode: readText(account, 'address', 'postcode'),
      country: readText(account, 'address', 'country') ?? readText(row, 'country'),
    }),
    ...pickMetadata(PLUGIN_NAME, account, { account_name: ['name'], account_type: ['type'] }),
    ...pickProperties(PLUGIN_NAME, account, ['bank_country', 'currency', ...BANK_CODES]),
  };
}

/** The properties that identify a bank in countries that do not use IBANs. */
const BANK_CODES = ['sort_code', 'routing_number', 'clabe', 'ifsc', 'bsb_code', 'bank_number', 'branch_code'];

function createCardMetadata(card: Json): Metadata {
  // The value can be a number: the schema of the document declares a string, but its examples have a number.
  const card_last_digits = readText(card, 'last_digits')?.padStart(4, '0');
  return {
    ...pickMetadata(PLUGIN_NAME, card, { card_scheme: ['scheme'], card_country: ['country'] }),
    ...createPspMetadata(PLUGIN_NAME, { card_last_digits, currency: readText(card, 'currency') }),
  };
}
