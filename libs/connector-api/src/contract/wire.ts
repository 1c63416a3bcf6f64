/**
 * From a record to the JSON that clients read. A row is checked here, once, before it enters a feed: one row that a client
 * cannot decode makes it reject the whole page, for ever. Source: Generic Connector document; the client's own decoding.
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

/** A record that is ready for the feed. */
export interface WireRecord {
  /** As served, i.e. encoded. */
  id: string;
  /** When it happened at the PSP, milliseconds since 1970; the feed time follows it where it can. */
  pspTime: number | undefined;
  /** The JSON object without the feed time's member and without the closing brace: `{"id":"…","amount":"1250"`. */
  content: string;
}

/** The member that carries the feed time, and that clients use as their watermark. */
export const FEED_TIME_MEMBER = {
  accounts: 'createdAt',
  beneficiaries: 'createdAt',
  transactions: 'updatedAt',
} as const satisfies Record<Stream, string>;

/** Closes a record's JSON with its feed time (RFC 3339). */
export function rowBody(stream: Stream, content: string, feedTime: string): string {
  return `${content},"${FEED_TIME_MEMBER[stream]}":"${feedTime}"}`;
}

/** Metadata under `com.tributary.spec/…` is ours: what the contract's own members cannot say. */
const OPENED_AT = 'com.tributary.spec/opened_at';
const REGISTERED_AT = 'com.tributary.spec/registered_at';
/** Where the PSP's own id had to be encoded, people still find it. */
const PSP_ID = 'com.tributary.spec/psp_id';

/** @throws RefusedError naming the member that cannot be served. */
export function accountToWire(account: Account): WireRecord {
  const openedAt = account.openedAt === undefined ? undefined : utcTime(account.openedAt, 'openedAt');
  return record(account.id, openedAt?.milliseconds, {
    accountName: text(account.name, 'name'),
    metadata: metadata(account, { [OPENED_AT]: openedAt?.text }),
  });
}

/** @throws RefusedError naming the member that cannot be served. */
export function beneficiaryToWire(beneficiary: Beneficiary): WireRecord {
  const registeredAt =
    beneficiary.registeredAt === undefined ? undefined : utcTime(beneficiary.registeredAt, 'registeredAt');
  return record(beneficiary.id, registeredAt?.milliseconds, {
    ownerName: text(beneficiary.ownerName, 'ownerName'),
    metadata: metadata(beneficiary, { [REGISTERED_AT]: registeredAt?.text }),
  });
}

/**
 * @param reference takes the place of `relatedTransactionId`, as it is: clients compare an order's idempotency key with what they sent
 * @throws RefusedError naming the member that cannot be served.
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

/** Balances, checked: the time in milliseconds, and amounts by asset. */
export interface WireBalances {
  accountId: string;
  at: number;
  amounts: ReadonlyMap<string, bigint>;
}

/** @throws RefusedError naming the member that cannot be served, or the asset that comes twice. */
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
    // The same content must hash the same, in whatever order a PSP lists it.
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

/** Never repaired, as texts are: two ids would become one, and the PSP would be asked for an account that it has not. */
function wireIdOf(id: unknown, what: string): string {
  if (typeof id !== 'string') throw new RefusedError(`${what} is ${kindOf(id)}, expected a string`);
  return encodeId(id);
}

function optionalText(value: unknown, what: string): string | undefined {
  return value === undefined ? undefined : text(value, what);
}

/** Plugins are typed, but what they read is not: a cast that lied must not reach a client. */
function text(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new RefusedError(`${what} is ${kindOf(value)}, expected a string`);
  // JSON.stringify escapes lone surrogates, and PostgreSQL cannot store U+0000.
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
