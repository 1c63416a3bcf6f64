/**
 * Validates the records of plugins and serializes them to the JSON that clients read. This happens once, before a row is added to a feed.
 * Validation is strict, because a client that cannot decode one row rejects the whole page, at every attempt. Source: Generic Connector
 * document, and the code of the client that decodes the rows.
 */
import { InvalidRecordError } from '../errors.js';
import { decodeId, encodeId } from '../id-encoding.js';
import { ASSET_PATTERN, type Money } from '../money.js';
import type { Stream } from '../plugin.js';
import {
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
  type Account,
  type Balances,
  type Beneficiary,
  type Metadata,
  type Transaction,
} from '../record.types.js';
import { normalizeTime } from '../time.js';
import { isRepeatedReturn, toBalanceEffects, type BalanceEffect } from './balance-effects.js';

/** A validated and serialized record, ready for the feed. */
export interface SerializedRecord {
  /** The id as served to clients, i.e. encoded. */
  id: string;
  /**
   * The time of the event at the PSP in milliseconds since 1970. The feed time is the same time, unless an earlier row of the feed already
   * has a later time.
   */
  pspTime: number | undefined;
  /** The time at which the PSP last changed the transaction, in milliseconds since 1970. It is absent if the plugin does not know the time. */
  changedAt?: number;
  /** The JSON object without the feed time and without the closing brace: `{"id":"…","amount":"1250"`. See `appendFeedTime`. */
  content: string;
  /**
   * The id, as served to clients, of the transaction to which this transaction belongs. A row of an order has none, because clients create
   * the payment of an order from the response to the order.
   */
  originalId?: string;
  /** The changes of balances that the row causes. Only transactions have this property. */
  balanceChange?: BalanceChange;
}

/** The effects of a transaction on the balances of the own accounts. */
export interface BalanceChange {
  effects: readonly BalanceEffect[];
  /** The best known time at which the PSP changed the balances, in milliseconds since 1970. */
  at: number;
  /** Whether the row only repeats an earlier refund, and so has the amount 0. The record then keeps the effects of its previous row. */
  isRepeatedReturn: boolean;
}

/**
 * The name of the property that contains the feed time, by stream. Clients remember the feed time of the last row and continue from there.
 */
export const FEED_TIME_FIELD = {
  accounts: 'createdAt',
  beneficiaries: 'createdAt',
  transactions: 'updatedAt',
} as const satisfies Record<Stream, string>;

/**
 * Completes the JSON of a record with its feed time:
 * `('accounts', '{"id":"a"', '2026-03-04T05:06:07.089Z')` → `{"id":"a","createdAt":"2026-03-04T05:06:07.089Z"}`.
 */
export function appendFeedTime(stream: Stream, content: string, feedTime: string): string {
  return `${content},"${FEED_TIME_FIELD[stream]}":"${feedTime}"}`;
}

/**
 * Removes the reference to the original from the JSON of a transaction, so that clients treat the transaction as a separate payment. The
 * original's id, in the PSP's spelling, is added to the metadata as `com.tributary.spec/related_id`.
 */
export function removeOriginalReference(content: string): string {
  const { relatedTransactionID, metadata, ...properties } = JSON.parse(`${content}}`) as {
    relatedTransactionID?: string;
    metadata?: Record<string, string>;
  };
  if (relatedTransactionID === undefined) return content;
  const relatedId = decodeId(relatedTransactionID) ?? relatedTransactionID;
  return stringifyContent(properties, { ...metadata, [RELATED_ID_KEY]: relatedId });
}

/**
 * Adds the number of a version to the JSON of a transaction, as the metadata `com.tributary.spec/version`. A transaction that returns to an
 * earlier state gets the number, so that it differs from the earlier version.
 */
export function addVersionNumber(content: string, version: number): string {
  const { metadata, ...properties } = JSON.parse(`${content}}`) as { metadata?: Record<string, string> };
  return stringifyContent(properties, { ...metadata, [VERSION_KEY]: String(version) });
}

function stringifyContent(properties: object, metadata: Record<string, string>): string {
  const sorted = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ ...properties, metadata: sorted }).slice(0, -1);
}

/**
 * The metadata key of the time at which an account was opened. The gateway's own keys begin with `com.tributary.spec/`. They contain data
 * for which the contract has no property.
 */
const OPENED_AT_KEY = 'com.tributary.spec/opened_at';
const REGISTERED_AT_KEY = 'com.tributary.spec/registered_at';
/**
 * The metadata key of the PSP's own id. The PSP's id is added if it differs from the served id (because the served id is encoded), so that
 * people can search for it.
 */
const PSP_ID_KEY = 'com.tributary.spec/psp_id';
const RELATED_ID_KEY = 'com.tributary.spec/related_id';
const VERSION_KEY = 'com.tributary.spec/version';

/**
 * Validates and serializes an account.
 * @throws InvalidRecordError with the name of the invalid property
 */
export function serializeAccount(account: Account): SerializedRecord {
  const openedAt = account.openedAt === undefined ? undefined : normalizeTime(account.openedAt, 'openedAt');
  return serializeRecord(account.id, openedAt?.milliseconds, {
    accountName: validateString(account.name, 'name'),
    metadata: serializeMetadata(account, { [OPENED_AT_KEY]: openedAt?.text }),
  });
}

/**
 * Validates and serializes a beneficiary.
 * @throws InvalidRecordError with the name of the invalid property
 */
export function serializeBeneficiary(beneficiary: Beneficiary): SerializedRecord {
  const registeredAt =
    beneficiary.registeredAt === undefined
      ? undefined
      : normalizeTime(beneficiary.registeredAt, 'registeredAt');
  return serializeRecord(beneficiary.id, registeredAt?.milliseconds, {
    ownerName: validateString(beneficiary.ownerName, 'ownerName'),
    metadata: serializeMetadata(beneficiary, { [REGISTERED_AT_KEY]: registeredAt?.text }),
  });
}

/**
 * Validates and serializes a transaction.
 * @param orderKey the idempotency key of the order, if the transaction belongs to an order. The key replaces `relatedTransactionId`. It is
 * not encoded, because clients compare it with the key that they sent
 * @throws InvalidRecordError with the name of the invalid property
 */
export function serializeTransaction(transaction: Transaction, orderKey?: string): SerializedRecord {
  const createdAt = normalizeTime(transaction.createdAt, 'createdAt');
  const updatedAt =
    transaction.updatedAt === undefined ? createdAt : normalizeTime(transaction.updatedAt, 'updatedAt');
  const { amount, asset } = validateMoney(transaction.amount);
  if (amount < 0n)
    throw new InvalidRecordError(
      `amount ${amount} is negative: the direction belongs into type and accounts`,
    );
  const type = validateOneOf(TRANSACTION_TYPES, transaction.type, 'type');
  const status = validateOneOf(TRANSACTION_STATUSES, transaction.status, 'status');
  const sourceAccountId = encodeOptionalId(transaction.sourceAccountId);
  const destinationAccountId = encodeOptionalId(transaction.destinationAccountId);
  const originalId = orderKey === undefined ? encodeOptionalId(transaction.relatedTransactionId) : undefined;
  const record = serializeRecord(transaction.id, updatedAt.milliseconds, {
    relatedTransactionID: orderKey ?? originalId,
    createdAt: createdAt.text,
    currency: asset,
    scheme: validateOptionalString(transaction.scheme, 'scheme'),
    type,
    status,
    amount: amount.toString(),
    sourceAccountID: sourceAccountId,
    destinationAccountID: destinationAccountId,
    metadata: serializeMetadata(transaction, {}),
  });
  if (transaction.updatedAt !== undefined) record.changedAt = updatedAt.milliseconds;
  if (originalId !== undefined && originalId !== record.id) record.originalId = originalId;
  record.balanceChange = {
    effects: toBalanceEffects({ type, status, amount, asset, sourceAccountId, destinationAccountId }),
    at: updatedAt.milliseconds,
    isRepeatedReturn: isRepeatedReturn(status, amount),
  };
  return record;
}

/** Validated balances of one account. */
export interface ValidatedBalances {
  /** The account id as served to clients, i.e. encoded. */
  accountId: string;
  /** The time of the balances in milliseconds since 1970. */
  at: number;
  /** The amounts in minor units, by asset. */
  amounts: ReadonlyMap<string, bigint>;
}

/**
 * Validates balances.
 * @throws InvalidRecordError with the name of the invalid property, or for an asset that occurs twice
 */
export function validateBalances(balances: Balances): ValidatedBalances {
  const amounts = new Map<string, bigint>();
  for (const { amount, asset } of balances.amounts.map(validateMoney)) {
    if (amounts.has(asset))
      throw new InvalidRecordError(`the balance in ${asset} of account ${balances.accountId} comes twice`);
    amounts.set(asset, amount);
  }
  return {
    accountId: validateAndEncodeId(balances.accountId, 'accountId'),
    at: normalizeTime(balances.at, 'at').milliseconds,
    amounts,
  };
}

function serializeRecord(id: unknown, pspTime: number | undefined, properties: object): SerializedRecord {
  const encodedId = validateAndEncodeId(id, 'id');
  return { id: encodedId, pspTime, content: JSON.stringify({ id: encodedId, ...properties }).slice(0, -1) };
}

function serializeMetadata(
  source: { id: string; metadata?: Metadata },
  ownMetadata: Metadata,
): Record<string, string> | undefined {
  const entries = Object.entries({
    ...source.metadata,
    ...ownMetadata,
    [PSP_ID_KEY]: validateAndEncodeId(source.id, 'id') === source.id ? undefined : source.id,
  })
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(
      ([key, value]) =>
        [
          validateString(key, 'a metadata key'),
          validateString(value, `metadata ${JSON.stringify(key)}`),
        ] as const,
    )
    // The keys are sorted, so that the hash does not depend on the order in which the PSP sends them.
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function validateMoney(value: Money): Money {
  if (typeof value?.amount !== 'bigint')
    throw new InvalidRecordError(`amount is ${typeof value?.amount}, expected bigint minor units`);
  if (!ASSET_PATTERN.test(validateString(value.asset, 'asset'))) {
    throw new InvalidRecordError(`asset ${JSON.stringify(value.asset)} is not of the form EUR/2 or JPY`);
  }
  return value;
}

function encodeOptionalId(id: unknown): string | undefined {
  return id === undefined ? undefined : validateAndEncodeId(id, 'the id of a related object');
}

/**
 * Validates and encodes an id. Invalid characters in an id are an error, although they are replaced in other strings. With a replacement,
 * two ids could become equal, or the gateway would request an account that does not exist.
 */
function validateAndEncodeId(id: unknown, propertyName: string): string {
  if (typeof id !== 'string')
    throw new InvalidRecordError(`${propertyName} is ${describeType(id)}, expected a string`);
  return encodeId(id);
}

function validateOptionalString(value: unknown, propertyName: string): string | undefined {
  return value === undefined ? undefined : validateString(value, propertyName);
}

/** Validates a string at run time. The TypeScript type of a plugin's record can be wrong, because a plugin may cast the PSP's data. */
function validateString(value: unknown, propertyName: string): string {
  if (typeof value !== 'string')
    throw new InvalidRecordError(`${propertyName} is ${describeType(value)}, expected a string`);
  // Lone surrogates and U+0000 are replaced. JSON.stringify would escape them, and PostgreSQL can store neither.
  return value.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

function validateOneOf<T extends string>(allowed: readonly T[], value: unknown, propertyName: string): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) {
    const given = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : `(${describeType(value)})`;
    throw new InvalidRecordError(`${propertyName} ${given} is none of ${allowed.join(', ')}`);
  }
  return found;
}

function describeType(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
