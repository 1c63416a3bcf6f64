/**
 * Stores the data of the completeness check of one connector: the sums of its accounts, the states of their checks, and checkpoints. A
 * checkpoint is a position of the feed with the cursor from which a pull can begin again.
 */
import type { Stream } from '@tributary/connector-api';
import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely';
import type {
  CurrentTimeExpression,
  DatabaseAdapter,
  RowsTableColumn,
  WriteAtCommit,
} from '../database/database-adapter.js';
import type { FeedTable, Schema } from '../database/schema.js';
import { createChangedFeedError, lockFeed } from '../feeds/lock-feed.js';
import {
  addGapAcceptance,
  addDataWarning,
  findGapAcceptances,
  resolveQuarantineEntries,
} from '../feeds/quarantine.js';
import type { OpenedFeed } from '../identity/opened-feed.js';
import type {
  AccountSum,
  Checkpoint,
  CompletenessChange,
  CompletenessRepository,
  CompletenessState,
} from '../types/completeness.types.js';
import { toAccountSum, toCheckColumns, type AccountSumRow } from './account-sum-row.js';
import { toSumsByKey } from './account-sums.js';
import { parseRecentSums, replaceByRecentSums } from './recent-sums.js';
import { describeOpenRows } from './describe-open-rows.js';

const TRANSACTIONS: Stream = 'transactions';
/** The maximum number of checkpoints of a feed. If there are more, every second checkpoint of the older half is deleted. */
const MAX_CHECKPOINTS = 32;

const KEY_COLUMNS: readonly RowsTableColumn[] = [
  { name: 'feed_id', type: 'integer' },
  { name: 'account_id', type: 'text' },
  { name: 'asset', type: 'text' },
  { name: 'total', type: 'text' },
];
/** The columns whose values `toCheckColumns` returns. */
const CHECK_COLUMNS: readonly RowsTableColumn[] = [
  { name: 'opening', type: 'text' },
  { name: 'opening_proven', type: 'integer' },
  { name: 'agreed_at', type: 'integer' },
  { name: 'agreed_seq', type: 'integer' },
  { name: 'suspect_at', type: 'integer' },
  { name: 'suspect_balance', type: 'text' },
  { name: 'suspect_since', type: 'integer' },
  { name: 'after_suspect', type: 'text' },
  { name: 'gap', type: 'text' },
  { name: 'gap_since', type: 'integer' },
  { name: 'reread_at', type: 'integer' },
];
const CHECKED_COLUMNS = [...KEY_COLUMNS, ...CHECK_COLUMNS];
/** If the account already has a row, only the columns of the check are updated, and the sum is kept. */
const CHECK_UPDATES = sql.raw(CHECK_COLUMNS.map(({ name }) => `${name} = excluded.${name}`).join(', '));

const CHECKED_COLUMN_NAMES = sql.raw(CHECKED_COLUMNS.map(({ name }) => name).join(', '));

type SummedFeed = Pick<Selectable<FeedTable>, 'head_seq' | 'summed_after' | 'recent_sums'>;
/** The columns that the left join returns for a feed without a sum. */
type NoSumRow = { [Column in keyof AccountSumRow]: null };

export class SqlCompletenessRepository implements CompletenessRepository {
  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly connector: string,
    private readonly openFeed: () => Promise<OpenedFeed>,
    private readonly clock: CurrentTimeExpression,
  ) {}

  async read(accountIds: readonly string[]): Promise<CompletenessState> {
    const feed = await this.openFeed();
    return feed.explainStaleState(async () => {
      // The sums and the head of the feed are read by one statement, so that they belong to the same state. The left join returns a row
      // also for a feed in which no account has a sum yet.
      const { rows } = await sql<SummedFeed & (AccountSumRow | NoSumRow)>`
        select head_seq, summed_after, recent_sums, account_sums.* from feeds
          left join account_sums on account_sums.feed_id = feeds.id and ${this.adapter.inArray('account_id', accountIds)}
         where ${feed.isSameFeed}`.execute(this.adapter.reader);
      const [first] = rows;
      if (!first) throw createChangedFeedError(feed);
      const sums = rows.flatMap((row) => (row.account_id === null ? [] : toAccountSum(row)));
      return toState(accountIds, sums, first);
    });
  }

  async update(
    accountIds: readonly string[],
    decide: (state: CompletenessState) => CompletenessChange | undefined,
  ): Promise<void> {
    const feed = await this.openFeed();
    await feed.explainStaleState(() =>
      this.adapter.transaction(async (db, writeAtCommit) => {
        // The two statements share a round trip. The database runs the second one after it has locked the feed.
        const [head, rows] = await Promise.all([
          lockFeed(db, this.adapter, feed, this.clock),
          db
            .selectFrom('account_sums')
            .selectAll()
            .where('feed_id', '=', feed.id)
            .where(this.adapter.inArray('account_id', accountIds))
            .execute(),
        ]);
        const change = decide(toState(accountIds, rows.map(toAccountSum), head));
        if (change) await this.write(db, writeAtCommit, feed, head, change);
      }),
    );
  }

  async findCheckpoint(seq: number): Promise<Checkpoint> {
    const feed = await this.openFeed();
    const row = await this.adapter.reader
      .selectFrom('feed_checkpoints')
      .select(['seq', 'cursor'])
      .where('feed_id', '=', feed.id)
      .where('seq', '<=', seq)
      .orderBy('seq', 'desc')
      .limit(1)
      .executeTakeFirst();
    return { seq: row?.seq ?? 0, cursor: row?.cursor ?? undefined };
  }

  async list(): Promise<AccountSum[]> {
    // The feed is found by its name and not opened, because a command that only lists data must not create the feed.
    // One statement reads the sums and the recent sums, so that they belong to the same state.
    const { rows } = await sql<Pick<SummedFeed, 'recent_sums'> & (AccountSumRow | NoSumRow)>`
      select recent_sums, account_sums.* from feeds left join account_sums on account_sums.feed_id = feeds.id
       where connector = ${this.connector} and stream = ${TRANSACTIONS}`.execute(this.adapter.reader);
    const recent = parseRecentSums(rows[0]?.recent_sums ?? null);
    const stored = rows.flatMap((row) => (row.account_id === null ? [] : toAccountSum(row)));
    const accountIds = new Set([
      ...stored.map(({ accountId }) => accountId),
      ...recent.map(({ account_id }) => account_id),
    ]);
    const { sums } = replaceByRecentSums({ accountIds, sums: toSumsByKey(stored) }, recent);
    return [...sums.values()].sort(compareSums);
  }

  listAcceptances() {
    return findGapAcceptances(this.adapter.reader, this.connector);
  }

  async describeOpenRows(accountId: string, asset: string, afterSeq: number) {
    return describeOpenRows(this.adapter.reader, await this.openFeed(), { accountId, asset }, afterSeq);
  }

  private async write(
    db: Kysely<Schema>,
    writeAtCommit: WriteAtCommit,
    feed: OpenedFeed,
    { now, recent_sums }: Awaited<ReturnType<typeof lockFeed>>,
    { checks, warnings, resolvedIds, checkpoint, acceptance }: CompletenessChange,
  ): Promise<void> {
    const feedId = feed.id;
    for (const warning of warnings) await addDataWarning(db, feedId, warning, now);
    await resolveQuarantineEntries(db, this.adapter, feedId, resolvedIds, ['finding'], now);
    if (acceptance) await addGapAcceptance(db, feedId, acceptance, now);
    if (checks.length > 0) {
      // The method is called before the write, so that it also takes effect if the transaction fails. It makes the lease read the sums from
      // the store again instead of using the sums in its memory.
      feed.recordWrittenChecks();
      // A recent sum contains an amount that belongs to the check. So before the check is written, the recent sums are moved to the table.
      if (recent_sums !== null)
        await this.adapter.appendRows(
          ...([db, writeAtCommit, feedId, [], { recent_sums: null }, parseRecentSums(recent_sums)] as const),
        );
      writeAtCommit(this.buildChecksInsert(feedId, checks).compile(db));
    }
    if (checkpoint)
      writeAtCommit(
        buildCheckpointInsert(feedId, checkpoint, now).compile(db),
        buildSurplusDelete(feedId).compile(db),
      );
  }

  /** Builds one statement that writes all checks. */
  private buildChecksInsert(feedId: number, checks: CompletenessChange['checks']): RawBuilder<unknown> {
    const rows = checks.map(({ accountId, asset, check }) => ({
      ...{ feed_id: feedId, account_id: accountId, asset, total: '0' },
      ...toCheckColumns(check),
    }));
    return sql`
      insert into account_sums (${CHECKED_COLUMN_NAMES})
      select * from ${this.adapter.rowsTable(CHECKED_COLUMNS, rows)}
      on conflict (feed_id, account_id, asset) do update set ${CHECK_UPDATES}`;
  }
}

function buildCheckpointInsert(
  feedId: number,
  { seq, cursor = null }: { seq: number; cursor?: string | null | undefined },
  now: number,
): RawBuilder<unknown> {
  return sql`
    insert into feed_checkpoints (feed_id, seq, at, cursor) values (${feedId}, ${seq}, ${now}, ${cursor})
    on conflict (feed_id, seq) do update set at = excluded.at, cursor = excluded.cursor`;
}

/**
 * Builds the statement that deletes surplus checkpoints: every second checkpoint of the older half. So the distance between checkpoints
 * grows with their age.
 */
function buildSurplusDelete(feedId: number): RawBuilder<unknown> {
  return sql`
    delete from feed_checkpoints where feed_id = cast(${feedId} as bigint) and seq in (
      select seq from (
        select seq, row_number() over (order by seq desc) as place, count(*) over () as stored
          from feed_checkpoints where feed_id = cast(${feedId} as bigint)) as ranked
       where stored > ${sql.lit(MAX_CHECKPOINTS)} and place > ${sql.lit(MAX_CHECKPOINTS / 2)} and place % 2 = 0)`;
}

function toState(
  accountIds: readonly string[],
  stored: readonly AccountSum[],
  { head_seq, summed_after, recent_sums }: SummedFeed,
): CompletenessState {
  const { sums } = replaceByRecentSums(
    { accountIds: new Set(accountIds), sums: toSumsByKey(stored) },
    parseRecentSums(recent_sums),
  );
  return { sums: [...sums.values()], headSeq: head_seq, startsAtFirstRow: summed_after === 0 };
}

/** Compares two sums by account and asset, in the sequence of their UTF-16 code units. */
function compareSums(some: AccountSum, other: AccountSum): number {
  return compareTexts(some.accountId, other.accountId) || compareTexts(some.asset, other.asset);
}

function compareTexts(some: string, other: string): number {
  if (some === other) return 0;
  return some < other ? -1 : 1;
}
