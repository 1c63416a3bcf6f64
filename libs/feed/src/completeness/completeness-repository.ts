/**
 * Stores the data of the completeness check of one connector: the sums of its accounts, the states of their checks, and checkpoints. A
 * checkpoint is a position of the feed with the cursor from which a pull can begin again.
 */
import { sql, type Kysely, type Selectable } from 'kysely';
import type {
  CurrentTimeExpression,
  DatabaseAdapter,
  RowsTableColumn,
} from '../database/database-adapter.js';
import type { AccountSumTable, FeedTable, Schema } from '../database/schema.js';
import { createChangedFeedError, lockFeed } from '../feeds/lock-feed.js';
import {
  addGapAcceptance,
  addDataWarning,
  findGapAcceptances,
  resolveQuarantineEntries,
} from '../feeds/quarantine.js';
import type { OpenedFeed } from '../identity/opened-feed.js';
import type {
  AccountCheck,
  AccountSum,
  Checkpoint,
  CompletenessChange,
  CompletenessRepository,
  CompletenessState,
} from '../types/completeness.types.js';
import { describeOpenRows } from './describe-open-rows.js';

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

type SummedFeed = Pick<Selectable<FeedTable>, 'head_seq' | 'summed_after'>;
type SumRow = Selectable<AccountSumTable>;
/** The columns that the left join returns for a feed without a sum. */
type NoSumRow = { [Column in keyof SumRow]: null };

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
      const { rows } = await sql<SummedFeed & (SumRow | NoSumRow)>`
        select head_seq, summed_after, account_sums.* from feeds
          left join account_sums on account_sums.feed_id = feeds.id and ${this.adapter.inArray('account_id', accountIds)}
         where ${feed.isSameFeed}`.execute(this.adapter.reader);
      const [first] = rows;
      if (!first) throw createChangedFeedError(feed);
      const sums = rows.flatMap((row) => (row.account_id === null ? [] : toAccountSum(row)));
      return toState(sums, first);
    });
  }

  async update(
    accountIds: readonly string[],
    decide: (state: CompletenessState) => CompletenessChange | undefined,
  ): Promise<void> {
    const feed = await this.openFeed();
    await feed.explainStaleState(() =>
      this.adapter.transaction(async (db) => {
        const head = await lockFeed(db, this.adapter, feed, this.clock);
        const rows = await db
          .selectFrom('account_sums')
          .selectAll()
          .where('feed_id', '=', feed.id)
          .where(this.adapter.inArray('account_id', accountIds))
          .execute();
        const change = decide(toState(rows.map(toAccountSum), head));
        if (change) await this.write(db, feed, change, head.now);
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
    const rows = await this.adapter.reader
      .selectFrom('account_sums')
      .innerJoin('feeds', 'feeds.id', 'account_sums.feed_id')
      .selectAll('account_sums')
      .where('connector', '=', this.connector)
      .where('stream', '=', 'transactions')
      .orderBy('account_id')
      .orderBy('asset')
      .execute();
    return rows.map(toAccountSum);
  }

  listAcceptances() {
    return findGapAcceptances(this.adapter.reader, this.connector);
  }

  async describeOpenRows(accountId: string, asset: string, afterSeq: number) {
    return describeOpenRows(this.adapter.reader, await this.openFeed(), { accountId, asset }, afterSeq);
  }

  private async write(
    db: Kysely<Schema>,
    feed: OpenedFeed,
    { checks, warnings, resolvedIds, checkpoint, acceptance }: CompletenessChange,
    now: number,
  ): Promise<void> {
    const feedId = feed.id;
    if (checks.length > 0) {
      // The method is called before the write, so that it also takes effect if the transaction fails. It makes the lease read the sums from
      // the store again instead of using the sums in its memory.
      feed.recordWrittenChecks();
      await this.writeChecks(db, feedId, checks);
    }
    for (const warning of warnings) await addDataWarning(db, feedId, warning, now);
    await resolveQuarantineEntries(db, this.adapter, feedId, resolvedIds, ['finding'], now);
    if (acceptance) await addGapAcceptance(db, feedId, acceptance, now);
    if (checkpoint) await this.writeCheckpoint(db, feedId, checkpoint, now);
  }

  /** Writes all checks with one statement. */
  private async writeChecks(
    db: Kysely<Schema>,
    feedId: number,
    checks: CompletenessChange['checks'],
  ): Promise<void> {
    const rows = checks.map(({ accountId, asset, check }) => ({
      ...{ feed_id: feedId, account_id: accountId, asset, total: '0' },
      ...toCheckColumns(check),
    }));
    await sql`
      insert into account_sums (${CHECKED_COLUMN_NAMES})
      select * from ${this.adapter.rowsTable(CHECKED_COLUMNS, rows)}
      on conflict (feed_id, account_id, asset) do update set ${CHECK_UPDATES}`.execute(db);
  }

  private async writeCheckpoint(
    db: Kysely<Schema>,
    feedId: number,
    { seq, cursor = null }: { seq: number; cursor?: string | null | undefined },
    now: number,
  ): Promise<void> {
    await db
      .insertInto('feed_checkpoints')
      .values({ feed_id: feedId, seq, at: now, cursor })
      .onConflict((conflict) => conflict.columns(['feed_id', 'seq']).doUpdateSet({ at: now, cursor }))
      .execute();
    const stored = await db
      .selectFrom('feed_checkpoints')
      .select('seq')
      .where('feed_id', '=', feedId)
      .orderBy('seq', 'desc')
      .execute();
    const surplus = selectSurplus(stored.map((row) => row.seq));
    if (surplus.length > 0)
      await db
        .deleteFrom('feed_checkpoints')
        .where('feed_id', '=', feedId)
        .where('seq', 'in', surplus)
        .execute();
  }
}

/**
 * Returns the checkpoints to delete: every second checkpoint of the older half. So the distance between checkpoints grows with their age.
 */
function selectSurplus(newestFirst: readonly number[]): number[] {
  if (newestFirst.length <= MAX_CHECKPOINTS) return [];
  return newestFirst.slice(MAX_CHECKPOINTS / 2).filter((_, index) => index % 2 === 1);
}

function toState(sums: readonly AccountSum[], { head_seq, summed_after }: SummedFeed): CompletenessState {
  return { sums, headSeq: head_seq, startsAtFirstRow: summed_after === 0 };
}

function toAccountSum(row: SumRow): AccountSum {
  return {
    accountId: row.account_id,
    asset: row.asset,
    total: BigInt(row.total),
    check: {
      opening: toAmount(row.opening),
      isOpeningProven: row.opening_proven === 1,
      agreed:
        row.agreed_at === null || row.agreed_seq === null
          ? undefined
          : { at: row.agreed_at, seq: row.agreed_seq },
      suspect:
        row.suspect_at === null || row.suspect_balance === null
          ? undefined
          : {
              at: row.suspect_at,
              balance: BigInt(row.suspect_balance),
              after: BigInt(row.after_suspect),
              since: row.suspect_since ?? row.suspect_at,
            },
      gap:
        row.gap === null || row.gap_since === null
          ? undefined
          : { amount: BigInt(row.gap), since: row.gap_since },
      rereadAt: row.reread_at ?? undefined,
    },
  };
}

function toCheckColumns({ opening, isOpeningProven, agreed, suspect, gap, rereadAt }: AccountCheck) {
  return {
    opening: opening?.toString() ?? null,
    opening_proven: isOpeningProven ? 1 : 0,
    agreed_at: agreed?.at ?? null,
    agreed_seq: agreed?.seq ?? null,
    suspect_at: suspect?.at ?? null,
    suspect_balance: suspect?.balance.toString() ?? null,
    suspect_since: suspect?.since ?? null,
    after_suspect: (suspect?.after ?? 0n).toString(),
    gap: gap?.amount.toString() ?? null,
    gap_since: gap?.since ?? null,
    reread_at: rereadAt ?? null,
  };
}

function toAmount(digits: string | null): bigint | undefined {
  return digits === null ? undefined : BigInt(digits);
}
