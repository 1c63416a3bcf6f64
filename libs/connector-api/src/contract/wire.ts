/**
 * Validates the records of plugins and serializes them to the JSON that clients read. This happens once, before a row enters a feed. A
 * client that cannot decode one row rejects the whole page, on every attempt. Source: Generic Connector document, and the code with which
 * the client decodes it.
 */
import { RefusedError } from '../errors.js';
import { encodeId } from '../ids.js';
import { ASSET, type Money } from '../money.js';
import type { Stream } from '../plugin.js';
import {
  TRANSACTION_STATUSES,
  TRANSACTION_TYPES,
  type Account,
  type Balances,
  type Beneficiary,
  type Metadata,
  type Transaction,
} from '../records.js';
import { utcTime } from '../time.js';

/** A validated and serialized record, ready for the feed. */
export interface WireRecord {
  /** The id as served, i.e. encoded. */
  id: string;
  /** The time of the event at the PSP in milliseconds since 1970. The feed time is the same time, unless the order of the feed prevents it. */
  pspTime: number | undefined;
  /** The JSON object without the feed time and without the closing brace: `{"id":"…","amount":"1250"`. See `appendFeedTime`. */
  content: string;
}

/** The property of each stream that contains the feed time. Clients use it as their watermark. */
export const FEED_TIME_MEMBER = {
  accounts: 'createdAt',
  beneficiaries: 'createdAt',
  transactions: 'updatedAt',
} as const satisfies Record<Stream, string>;

/**
 * Completes the JSON of a record with its feed time:
 * `('accounts', '{"id":"a"', '2026-03-04T05:06:07.089Z')` → `{"id":"a","createdAt":"2026-03-04T05:06:07.089Z"}`.
 */
export function rowBody(stream: Stream, content: string, feedTime: string): string {
  return `${content},"${FEED_TIME_MEMBER[stream]}":"${feedTime}"}`;
}

/** The gateway's own metadata keys begin with `com.tributary.spec/`. They contain data that the contract has no property for. */
const OPENED_AT = 'com.tributary.spec/opened_at';
const REGISTERED_AT = 'com.tributary.spec/registered_at';
/** The PSP's own id. It is added if the served id is encoded, so that people can search for it. */
const PSP_ID = 'com.tributary.spec/psp_id';

/** Validates and serializes an account. @throws InvalidRecordError that names the invalid property */
export function accountToWire(account: Account): WireRecord {
  const openedAt = account.openedAt === undefined ? undefined : utcTime(account.openedAt, 'openedAt');
  return record(account.id, openedAt?.milliseconds, {
    accountName: text(account.name, 'name'),
    metadata: metadata(account, { [OPENED_AT]: openedAt?.text }),
  });
}

/** Validates and serializes a beneficiary. @throws InvalidRecordError that names the invalid property */
export function beneficiaryToWire(beneficiary: Beneficiary): WireRecord {
  const registeredAt =
    beneficiary.registeredAt === undefined ? undefined : utcTime(beneficiary.registeredAt, 'registeredAt');
  return record(beneficiary.id, registeredAt?.milliseconds, {
    ownerName: text(beneficiary.ownerName, 'ownerName'),
    metadata: metadata(beneficiary, { [REGISTERED_AT]: registeredAt?.text }),
  });
}

/**
 * Validates and serializes a transaction.
 * @param reference the idempotency key of the order, for a transaction of an order. It replaces `relatedTransactionId` and is not encoded,
 * because clients compare it with the key that they sent
 * @throws InvalidRecordError that names the invalid property
 */
export function transactionToWire(transaction: Transaction, reference?: string): WireRecord {
  const createdAt = utcTime(transaction.createdAt, 'createdAt');
  const updatedAt =
    transaction.updatedAt === undefined ? createdAt : utcTime(transaction.updatedAt, 'updatedAt');
  const { amount, asset } = checkedMoney(transaction.amount);
  if (amount < 0n)
    throw new RefusedError(`amount ${amount} is negative: the direction belongs into type and accounts`);
  return record(transaction.id, updatedAt.milliseconds, {
    relatedTransactionID: reference ?? optionalId(transaction.relatedTransactionId),
    createdAt: createdAt.text,
    currency: asset,
    scheme: optionalText(transaction.scheme, 'scheme'),
    type: oneOf(TRANSACTION_TYPES, transaction.type, 'type'),
    status: oneOf(TRANSACTION_STATUSES, transaction.status, 'status'),
    amount: amount.toString(),
    sourceAccountID: optionalId(transaction.sourceAccountId),
    destinationAccountID: optionalId(transaction.destinationAccountId),
    metadata: metadata(transaction, {}),
  });
}

/** Validated balances of one account. */
export interface WireBalances {
  /** The id as served, i.e. encoded. */
  accountId: string;
  /** The time of the balances in milliseconds since 1970. */
  at: number;
  /** Minor units by asset. */
  amounts: ReadonlyMap<string, bigint>;
}

/** Validates balances. @throws InvalidRecordError that names the invalid property, or an asset that occurs twice */
export function balancesToWire(balances: Balances): WireBalances {
  const amounts = new Map<string, bigint>();
  for (const { amount, asset } of balances.amounts.map(checkedMoney)) {
    if (amounts.has(asset))
      throw new RefusedError(`the balance in ${asset} of account ${balances.accountId} comes twice`);
    amounts.set(asset, amount);
  }
  return {
    accountId: wireIdOf(balances.accountId, 'accountId'),
    at: utcTime(balances.at, 'at').milliseconds,
    amounts,
  };
}

function record(id: unknown, pspTime: number | undefined, members: object): WireRecord {
  const wireId = wireIdOf(id, 'id');
  return { id: wireId, pspTime, content: JSON.stringify({ id: wireId, ...members }).slice(0, -1) };
}

function metadata(
  of: { id: string; metadata?: Metadata },
  ours: Metadata,
): Record<string, string> | undefined {
  const entries = Object.entries({
    ...of.metadata,
    ...ours,
    [PSP_ID]: wireIdOf(of.id, 'id') === of.id ? undefined : of.id,
  })
    .filter((entry): entry is [string, string] => entry[1] !== undefined)
    .map(
      ([key, value]) =>
        [text(key, 'a metadata key'), text(value, `metadata ${JSON.stringify(key)}`)] as const,
    )
    // Sorted keys give the same hash for the same content, independent of the order in which the PSP sends it.
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function checkedMoney(value: Money): Money {
  if (typeof value?.amount !== 'bigint')
    throw new RefusedError(`amount is ${typeof value?.amount}, expected bigint minor units`);
  if (!ASSET.test(text(value.asset, 'asset'))) {
    throw new RefusedError(`asset ${JSON.stringify(value.asset)} is not of the form EUR/2 or JPY`);
  }
  return value;
}

function optionalId(id: unknown): string | undefined {
  return id === undefined ? undefined : wireIdOf(id, 'the id of a related object');
}

/**
 * Encodes an id. Invalid characters are an error and are not replaced as in other strings. Otherwise two ids could become equal, and the
 * gateway would request an account that does not exist.
 */
function wireIdOf(id: unknown, what: string): string {
  if (typeof id !== 'string') throw new RefusedError(`${what} is ${kindOf(id)}, expected a string`);
  return encodeId(id);
}

function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined ? undefined : text(value, what);
}

/** Validates a string at run time. The type of a plugin's record can be wrong, because a plugin may cast the PSP's data. */
function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new RefusedError(`${what} is ${kindOf(value)}, expected a string`);
  // JSON.stringify would escape a lone surrogate. PostgreSQL can store neither that nor U+0000.
  return value.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

function oneOf<T extends string>(allowed: readonly T[], value: unknown, what: string): T {
  const found = allowed.find((word) => word === value);
  if (found === undefined) {
    const given = typeof value === 'string' ? JSON.stringify(value.slice(0, 64)) : `(${kindOf(value)})`;
    throw new RefusedError(`${what} ${given} is none of ${allowed.join(', ')}`);
  }
  return found;
}

function kindOf(value: unknown): string {
  return value === null ? 'null' : typeof value;
}
