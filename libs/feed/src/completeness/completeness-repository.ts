/** Repository of the completeness check of one connector: the sums of its accounts, the states of their checks, and checkpoints. */
import type { Kysely, Selectable } from 'kysely';
import type { DatabaseAdapter, CurrentTimeExpression } from '../database/database-adapter.js';
import type { AccountSumTable, Schema } from '../database/schema.js';
import { StaleStateError } from '../database/store-errors.js';
import { addWarning, resolveEntries } from '../feeds/quarantine.js';
import type { FeedSession } from '../identity/feed-session.js';
import type {
  AccountCheck,
  AccountSum,
  Checkpoint,
  CompletenessChange,
  CompletenessRepository,
  CompletenessState,
} from '../types/completeness.types.js';
import { describeOpenRows } from './open-rows.js';

/** Maximum number of checkpoints of a feed. When there are more, every second one of the older half is deleted. */
const MAX_CHECKPOINTS = 32;

type SumRow = Selectable<AccountSumTable>;

export class SqlCompletenessRepository implements CompletenessRepository {
  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly connector: string,
    private readonly openFeed: () => Promise<FeedSession>,
    private readonly clock: CurrentTimeExpression,
  ) {}

  async update(
    accountIds: readonly string[],
    decide: (state: CompletenessState) => CompletenessChange | undefined,
  ): Promise<void> {
    const feed = await this.openFeed();
    await feed.explainStaleState(() =>
      this.adapter.transaction(async (db) => {
        const head = await this.lockFeed(db, feed);
        const rows = await db
          .selectFrom('account_sums')
          .selectAll()
          .where('feed_id', '=', feed.id)
          .where(this.adapter.inArray('account_id', accountIds))
          .execute();
        const change = decide({
          sums: rows.map(toAccountSum),
          headSeq: head.head_seq,
          startsAtFirstRow: head.summed_after === 0,
        });
        if (change) await this.write(db, feed.id, change, head.now);
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
    // Finds the feed by its name, because a command that only lists must not create the feed.
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

  async describeOpenRows(accountId: string, asset: string, afterSeq: number) {
    return describeOpenRows(this.adapter.reader, await this.openFeed(), { accountId, asset }, afterSeq);
  }

  /** Locks the feed, so that no row is appended until the commit. @throws StaleStateError when the feed was replaced */
  private async lockFeed(db: Kysely<Schema>, feed: FeedSession) {
    const head = await db
      .selectFrom('feeds')
      .select(['head_seq', 'summed_after', this.clock().as('now')])
      .where(feed.isSameFeed)
      .modifyEnd(this.adapter.forUpdate)
      .executeTakeFirst();
    if (!head) throw new StaleStateError(`the feed ${feed.connector}/${feed.stream} changed`);
    return head;
  }

  private async write(
    db: Kysely<Schema>,
    feedId: number,
    { checks, warnings, resolvedIds, checkpoint }: CompletenessChange,
    now: number,
  ): Promise<void> {
    for (const { accountId, asset, check } of checks) {
      const columns = toCheckColumns(check);
      await db
        .insertInto('account_sums')
        .values({ feed_id: feedId, account_id: accountId, asset, total: '0', ...columns })
        .onConflict((conflict) => conflict.columns(['feed_id', 'account_id', 'asset']).doUpdateSet(columns))
        .execute();
    }
    for (const warning of warnings) await addWarning(db, feedId, warning, now);
    await resolveEntries(db, this.adapter, feedId, resolvedIds, ['finding'], now);
    if (checkpoint) await this.writeCheckpoint(db, feedId, checkpoint, now);
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

/** Returns the checkpoints to delete. Every call thins out the older half, so the distances between checkpoints grow with their age. */
function selectSurplus(newestFirst: readonly number[]): number[] {
  if (newestFirst.length <= MAX_CHECKPOINTS) return [];
  return newestFirst.slice(MAX_CHECKPOINTS / 2).filter((_, index) => index % 2 === 1);
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
