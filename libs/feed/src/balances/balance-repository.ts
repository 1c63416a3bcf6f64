/**
 * Stores the last balances of each account. If an amount changes, the time `at` of the balances increases. An asset never disappears from
 * the responses: if the PSP no longer returns it, its amount is zero.
 */
import { formatTime, type ServedBalances, type ValidatedBalances } from '@tributary/connector-api';
import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { DatabaseAdapter, CurrentTimeExpression } from '../database/database-adapter.js';
import type { BalanceRepository, ObservedBalancesForReader, ReaderRequest } from '../types/store.types.js';
import type { BalanceTable, Schema } from '../database/schema.js';
import { recordEndOfDay } from './balance-history.js';
import {
  createReaderKey,
  readReaderBalances,
  saveReaderBalances,
  type BalancesServedToReader,
} from './balances-served-to-reader.js';
import { chooseServedTime } from './choose-served-time.js';
import { parseAmounts, serializeAmounts } from './stored-amounts.js';

type Observation = Omit<BalanceTable, 'connector' | 'account_id'>;

/**
 * The minimum time in ms between two writes of unchanged amounts. Balances are observed very often, so not every observation is written.
 */
const MIN_REWRITE_INTERVAL_MS = 60_000;

export function createBalanceRepository(
  adapter: DatabaseAdapter,
  connector: string,
  clock: CurrentTimeExpression,
): BalanceRepository {
  return {
    findLatest: async (accountId) => {
      const row = await findObservation(adapter.reader, connector, accountId);
      return row && toServedBalances(accountId, row);
    },
    findLatestOfAccounts: async (accountIds) => {
      const found = await findObservations(adapter.reader, adapter, connector, accountIds);
      return new Map([...found].map(([id, observation]) => [id, toServedBalances(id, observation)]));
    },
    recordObservation: (balances) =>
      adapter.transaction((db) => applyObservation(db, adapter, connector, balances)),
    serveReaders: (requests, validForMs) =>
      adapter.transaction(async (db) => {
        const served = await chooseForReaders(db, adapter, connector, requests, validForMs, clock, true);
        await saveReaderBalances(
          db,
          connector,
          served.filter((each) => each !== undefined),
        );
        return served.map((each) => each?.balances);
      }),
    findServedTo: (reader, accountIds) => findServedTo(adapter, connector, reader, accountIds, clock),
    previewReaders: async (requests, validForMs) => {
      const { reader } = adapter;
      const served = await chooseForReaders(reader, adapter, connector, requests, validForMs, clock, false);
      return served.map((each) => each?.balances);
    },
  };
}

/**
 * Chooses the balances and their time for the response to each request. The result is `undefined` for an account whose balance was never
 * observed.
 */
async function chooseForReaders(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connector: string,
  requests: readonly ReaderRequest[],
  validForMs: number | undefined,
  clock: CurrentTimeExpression,
  isLocking: boolean,
): Promise<(BalancesServedToReader | undefined)[]> {
  // This query comes first because it locks the rows. So if two responses are built at the same time, the later response contains the later
  // amounts.
  const { now, known } = await readReaderBalances(db, adapter, connector, requests, clock, isLocking);
  const accountIds = new Set(requests.map(({ accountId }) => accountId));
  const observations = await findObservations(db, adapter, connector, [...accountIds]);
  return requests.map(({ accountId, reader, isCurrent }) => {
    const row = observations.get(accountId);
    if (!row) return undefined;
    const version = { since: amountsSince(row), observedAt: row.observed_at };
    const validity = { isCurrent, ...(validForMs === undefined ? {} : { validForMs }) };
    const next = chooseServedTime(known.get(createReaderKey({ accountId, reader })), version, now, validity);
    const balances = toServedBalances(accountId, { ...row, served_at: next.servedAt });
    return { accountId, reader, next, balances };
  });
}

async function findServedTo(
  adapter: DatabaseAdapter,
  connector: string,
  reader: string,
  accountIds: readonly string[],
  clock: CurrentTimeExpression,
): Promise<Map<string, ObservedBalancesForReader>> {
  const db = adapter.reader;
  // The state of the reader is read before the amounts. If the amounts change between the two queries, the new amounts do not count as
  // served.
  const requests = accountIds.map((accountId) => ({ accountId, reader }));
  const { known } = await readReaderBalances(db, adapter, connector, requests, clock, false);
  const observations = await findObservations(db, adapter, connector, accountIds);
  return new Map(
    [...observations].map(([accountId, row]) => [
      accountId,
      {
        amounts: parseAmounts(row.amounts),
        isServed: known.get(createReaderKey({ reader, accountId }))?.since === amountsSince(row),
      },
    ]),
  );
}

async function findObservations(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connector: string,
  accountIds: readonly string[],
): Promise<Map<string, Observation>> {
  if (accountIds.length === 0) return new Map();
  const rows = await db
    .selectFrom('balances')
    .select(['account_id', 'observed_at', 'served_at', 'amounts', 'amounts_since'])
    .where('connector', '=', connector)
    .where(adapter.inArray('account_id', accountIds))
    .execute();
  return new Map(rows.map((row) => [row.account_id, row]));
}

/**
 * Stores an observed balance. The function must be called inside a transaction.
 * @returns the balances to serve from now on
 */
export async function applyObservation(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  connector: string,
  balances: ValidatedBalances,
): Promise<ServedBalances> {
  const { accountId } = balances;
  const locked = () => findObservation(db, connector, accountId, adapter.forUpdate);
  const before = (await locked()) ?? (await insertFirst(db, connector, balances)) ?? (await locked());
  if (!before) throw new Error(`the balances of ${connector}/${accountId} were written and cannot be found`);
  const after = mergeObservation(before, balances);
  if (after.amounts !== before.amounts || after.observed_at >= before.observed_at + MIN_REWRITE_INTERVAL_MS) {
    await db
      .updateTable('balances')
      .set(after)
      .where('connector', '=', connector)
      .where('account_id', '=', accountId)
      .execute();
    await recordEndOfDay(db, connector, accountId, before, after);
  }
  return toServedBalances(accountId, after);
}

/**
 * Inserts the first observation of an account.
 * @returns `undefined` when another transaction inserted it first
 */
async function insertFirst(
  db: Kysely<Schema>,
  connector: string,
  balances: ValidatedBalances,
): Promise<Observation | undefined> {
  return db
    .insertInto('balances')
    .values({ connector, account_id: balances.accountId, ...mergeObservation(undefined, balances) })
    .onConflict((conflict) => conflict.columns(['connector', 'account_id']).doNothing())
    .returning(['observed_at', 'served_at', 'amounts', 'amounts_since'])
    .executeTakeFirst();
}

/** Merges a new observation into the stored observation. If the new observation is older, nothing changes. */
function mergeObservation(before: Observation | undefined, { at, amounts }: ValidatedBalances): Observation {
  if (before && at < before.observed_at) return before;
  const merged = new Map(amounts);
  for (const asset of before ? parseAmounts(before.amounts).keys() : [])
    if (!merged.has(asset)) merged.set(asset, 0n);
  const amountsJson = serializeAmounts(merged);
  const isUnchanged = before?.amounts === amountsJson;
  const servedAt = before ? Math.max(at, before.served_at + (isUnchanged ? 0 : 1)) : at;
  return {
    observed_at: at,
    served_at: servedAt,
    amounts: amountsJson,
    amounts_since: isUnchanged ? amountsSince(before) : servedAt,
  };
}

function amountsSince({ amounts_since, served_at }: Observation): number {
  return amounts_since ?? served_at;
}

async function findObservation(
  db: Kysely<Schema>,
  connector: string,
  accountId: string,
  lock: RawBuilder<unknown> = sql``,
): Promise<Observation | undefined> {
  return db
    .selectFrom('balances')
    .select(['observed_at', 'served_at', 'amounts', 'amounts_since'])
    .where('connector', '=', connector)
    .where('account_id', '=', accountId)
    .modifyEnd(lock)
    .executeTakeFirst();
}

function toServedBalances(
  accountId: string,
  { served_at, amounts }: Pick<Observation, 'served_at' | 'amounts'>,
): ServedBalances {
  return {
    id: accountId,
    accountID: accountId,
    at: formatTime(served_at),
    balances: Array.from(parseAmounts(amounts), ([currency, amount]) => ({ amount, currency })),
  };
}
