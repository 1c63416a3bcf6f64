/** Stores the versions of policies with their items and keys, and reads the items in sorted batches. */
import { sql, type Kysely, type Selectable } from 'kysely';
import type { DatabaseAdapter, RowsTableColumn } from '../database/database-adapter.js';
import type { ReconciliationItemTable } from '../database/reconciliation-schema.js';
import type { Schema } from '../database/schema.js';
import type {
  ReconciliationItem,
  ItemBatch,
  ReconciliationRepository,
} from '../types/reconciliation.types.js';
import { sumItems } from './item-sum-query.js';
import { compareKeyGroups } from './key-group-query.js';

type ItemRepository = Pick<
  ReconciliationRepository,
  | 'definePolicy'
  | 'findPolicySpec'
  | 'findPosition'
  | 'storeItems'
  | 'findItemsOfRecords'
  | 'findKeys'
  | 'compareKeyGroups'
  | 'findItemsByKeys'
  | 'findItems'
  | 'countItems'
  | 'sumItems'
>;

const ITEM_COLUMNS = [
  { name: 'policy_id', type: 'text' },
  { name: 'number', type: 'integer' },
  { name: 'side', type: 'text' },
  { name: 'source', type: 'text' },
  { name: 'record_id', type: 'text' },
  { name: 'since_position', type: 'integer' },
  { name: 'until_position', type: 'integer' },
  { name: 'account', type: 'text' },
  { name: 'asset', type: 'text' },
  { name: 'amount', type: 'text' },
  { name: 'at', type: 'integer' },
  { name: 'state', type: 'text' },
] as const satisfies readonly RowsTableColumn[];

const KEY_COLUMNS = [
  { name: 'policy_id', type: 'text' },
  { name: 'rule', type: 'integer' },
  { name: 'key', type: 'text' },
  { name: 'number', type: 'integer' },
] as const satisfies readonly RowsTableColumn[];

const ITEM_TABLES = ['reconciliation_items', 'reconciliation_keys'] as const;
/** The number of items of a policy from which the statistics are updated whenever the number has doubled. */
const MIN_ITEMS_WITH_STATISTICS = 1000;

/**
 * Sorts keys by their rule without an index. Otherwise SQLite reads all keys of the policy in the sequence of the primary key, to save the
 * sorting of the few keys that were asked for.
 */
const RULE_WITHOUT_INDEX = sql<number>`+ ${sql.ref('rule')}`;

export function createItemRepository(adapter: DatabaseAdapter): ItemRepository {
  const { reader } = adapter;
  return {
    async definePolicy(id, name, spec) {
      if ((await this.findPolicySpec(id)) !== undefined) return;
      await adapter.durableTransaction((db) =>
        db
          .insertInto('reconciliation_policies')
          .values({ id, name, spec, items: 0, created_at: adapter.currentTime })
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute(),
      );
    },

    async findPolicySpec(id) {
      const row = await reader
        .selectFrom('reconciliation_policies')
        .select('spec')
        .where('id', '=', id)
        .executeTakeFirst();
      return row?.spec;
    },

    async findPosition(policyId, side, source) {
      const row = await reader
        .selectFrom('reconciliation_positions')
        .select('position')
        .where('policy_id', '=', policyId)
        .where('side', '=', side)
        .where('source', '=', source)
        .executeTakeFirst();
      return row?.position;
    },

    async storeItems(policyId, batch) {
      const stored = await adapter.durableTransaction((db) => storeItems(db, adapter, policyId, batch));
      // The batch is stored. Without new statistics, later statements are only slower, so an error here must not fail the run.
      if (stored && hasDoubled(stored)) await adapter.updateStatistics(ITEM_TABLES).catch(() => {});
      return stored !== undefined;
    },

    async findItemsOfRecords(policyId, side, source, recordIds) {
      if (recordIds.length === 0) return [];
      const { rows } = await sql<Selectable<ReconciliationItemTable>>`
        select * from reconciliation_items ${adapter.useIndex('reconciliation_items_by_record')}
        where policy_id = ${policyId} and side = ${side} and source = ${source}
          and ${adapter.inArray('record_id', recordIds)}
        order by number`.execute(reader);
      return rows.map(toItem);
    },

    async findKeys(policyId, numbers) {
      if (numbers.length === 0) return [];
      return reader
        .selectFrom('reconciliation_keys')
        .select(['rule', 'key', 'number'])
        .where('policy_id', '=', policyId)
        .where(adapter.inArray('number', numbers))
        .orderBy(RULE_WITHOUT_INDEX)
        .orderBy('key')
        .execute();
    },

    compareKeyGroups: (policyId, rule, cuts, afterKey, limit) =>
      compareKeyGroups(adapter, policyId, rule, cuts, afterKey, limit),

    async findItemsByKeys(policyId, rule, keys) {
      if (keys.length === 0) return [];
      const rows = await reader
        .selectFrom('reconciliation_keys as k')
        .innerJoin('reconciliation_items as i', (join) =>
          join.onRef('i.policy_id', '=', 'k.policy_id').onRef('i.number', '=', 'k.number'),
        )
        .selectAll('i')
        .select('k.key as key')
        .where('k.policy_id', '=', policyId)
        .where('k.rule', '=', rule)
        .where(adapter.inArray('k.key', keys))
        .orderBy('k.key')
        .orderBy('k.number')
        .execute();
      return rows.map((row) => ({ key: row.key, item: toItem(row) }));
    },

    async findItems(policyId, numbers) {
      if (numbers.length === 0) return [];
      const rows = await reader
        .selectFrom('reconciliation_items')
        .selectAll()
        .where('policy_id', '=', policyId)
        .where(adapter.inArray('number', numbers))
        .orderBy('number')
        .execute();
      return rows.map(toItem);
    },

    async countItems(policyId) {
      const row = await reader
        .selectFrom('reconciliation_policies')
        .select('items')
        .where('id', '=', policyId)
        .executeTakeFirst();
      return row?.items ?? 0;
    },

    async sumItems(policyId, cuts) {
      return sumItems(adapter, policyId, cuts, await this.countItems(policyId));
    },
  };
}

/** The number of items of a policy before and after a batch. */
interface StoredCounts {
  before: number;
  after: number;
}

/** @returns `undefined` when another process has moved the position */
async function storeItems(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  policyId: string,
  { side, source, fromPosition, toPosition, items, replaced }: ItemBatch,
): Promise<StoredCounts | undefined> {
  // The lock on the policy's row also prevents two processes from giving two items the same number.
  const { rows } = await sql<{ items: number }>`
    select items from reconciliation_policies where id = ${policyId} ${adapter.forUpdate}`.execute(db);
  const first = rows[0]?.items;
  if (first === undefined) throw new Error(`the store has no reconciliation policy ${policyId}`);
  if (!(await movePosition(db, policyId, { side, source, fromPosition, toPosition }))) return undefined;
  const numbered = items.map((item, index) => ({ item, number: first + index }));
  const itemRows = numbered.map(({ item, number }) => ({
    ...{ policy_id: policyId, number, side: item.side, source: item.source, record_id: item.recordId },
    ...{ since_position: item.sincePosition, until_position: item.untilPosition ?? null },
    ...{ account: item.account, asset: item.asset, amount: item.amount.toString() },
    ...{ at: item.at, state: item.state },
  }));
  const keyRows = numbered.flatMap(({ item, number }) =>
    item.keys.map((key) => ({ policy_id: policyId, ...key, number })),
  );
  await insertRows(db, adapter, 'reconciliation_items', ITEM_COLUMNS, itemRows);
  await insertRows(db, adapter, 'reconciliation_keys', KEY_COLUMNS, keyRows);
  for (const { number, untilPosition } of replaced)
    await db
      .updateTable('reconciliation_items')
      .set({ until_position: untilPosition })
      .where('policy_id', '=', policyId)
      .where('number', '=', number)
      .execute();
  await db
    .updateTable('reconciliation_policies')
    .set({ items: first + items.length })
    .where('id', '=', policyId)
    .execute();
  return { before: first, after: first + items.length };
}

/**
 * Returns true if the number of items has passed a limit: `MIN_ITEMS_WITH_STATISTICS`, or this number times a power of two. The database
 * updates its statistics by itself only after a minute or later. Until then, it would expect one row for the new policy, and could read all
 * items of the policy for each key.
 */
function hasDoubled({ before, after }: StoredCounts): boolean {
  const countDoublings = (items: number) => Math.floor(Math.log2(items / MIN_ITEMS_WITH_STATISTICS));
  return after >= MIN_ITEMS_WITH_STATISTICS && countDoublings(after) > Math.max(-1, countDoublings(before));
}

/**
 * Moves the position up to which the items of a source were created.
 * @returns false when the stored position is not `fromPosition`
 */
async function movePosition(
  db: Kysely<Schema>,
  policyId: string,
  { side, source, fromPosition, toPosition }: Omit<ItemBatch, 'items' | 'replaced'>,
): Promise<boolean> {
  await db
    .insertInto('reconciliation_positions')
    .values({ policy_id: policyId, side, source, position: fromPosition })
    .onConflict((conflict) => conflict.columns(['policy_id', 'side', 'source']).doNothing())
    .execute();
  const { numUpdatedRows } = await db
    .updateTable('reconciliation_positions')
    .set({ position: toPosition })
    .where('policy_id', '=', policyId)
    .where('side', '=', side)
    .where('source', '=', source)
    .where('position', '=', fromPosition)
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

async function insertRows(
  db: Kysely<Schema>,
  adapter: DatabaseAdapter,
  table: 'reconciliation_items' | 'reconciliation_keys',
  columns: readonly RowsTableColumn[],
  rows: readonly Readonly<Record<string, unknown>>[],
): Promise<void> {
  if (rows.length === 0) return;
  const names = sql.join(columns.map(({ name }) => sql.ref(name)));
  await sql`insert into ${sql.table(table)} (${names}) select * from ${adapter.rowsTable(columns, rows)}`.execute(
    db,
  );
}

function toItem(row: Selectable<ReconciliationItemTable>): ReconciliationItem {
  return {
    ...{ number: row.number, side: row.side, source: row.source, recordId: row.record_id },
    ...{ sincePosition: row.since_position, untilPosition: row.until_position ?? undefined },
    ...{ account: row.account, asset: row.asset, amount: BigInt(row.amount), at: row.at, state: row.state },
  };
}
