/**
 * A feed as this process opened it: its number, connector and stream, in one store and epoch (the time between two restores). Every
 * statement checks that the number still belongs to the same connector and stream. The number alone is not enough, because after a restore
 * the same number can belong to the feed of another tenant.
 */
import type { Stream } from '@tributary/connector-api';
import { sql, type RawBuilder, type SqlBool } from 'kysely';
import type { DatabaseAdapter, FeedIdentity } from '../database/database-adapter.js';
import { StaleStateError } from '../database/store-errors.js';
import { toStoreIdentity } from './store-identity.js';
import type { OpenedStoreIdentity } from './opened-store-identity.js';

export class OpenedFeed implements FeedIdentity {
  private highestSeq = 0;
  /**
   * The time at which this process last stored the cursor, in milliseconds of a monotonic clock. `feeds/cursor-history.ts` uses this time.
   */
  cursorRecordedAt = -Infinity;
  private knownFeedSetId: number | undefined;
  private writtenChecks = 0;

  constructor(
    private readonly adapter: DatabaseAdapter,
    private readonly session: OpenedStoreIdentity,
    readonly id: number,
    readonly connector: string,
    readonly stream: Stream,
  ) {}

  /**
   * The SQL condition that a row of `feeds` on the primary belongs to this feed, in this store and epoch. Each parameter has a cast.
   * Without the cast, SQLite would prepare a statement again for each execution if its plan could depend on the value of a parameter.
   * Preparing takes ten times as long as running.
   */
  get isSameFeed(): RawBuilder<SqlBool> {
    const { id, connector, stream, session } = this;
    return sql<SqlBool>`feeds.id = cast(${id} as bigint) and feeds.connector = cast(${connector} as text) and feeds.stream = cast(${stream} as text) and ${session.isCurrent}`;
  }

  get storeId(): string {
    return this.session.storeId;
  }

  get epoch(): number {
    return this.session.epoch;
  }

  get feedSetId(): number | undefined {
    return this.knownFeedSetId;
  }

  recordFeedSetId(feedSetId: number): void {
    this.knownFeedSetId = feedSetId;
  }

  /** The number of the newest heartbeat that this process has written or read. `isSameFeed` compares the stored number with it. */
  get knownBeat(): number {
    return this.session.knownBeat;
  }

  /**
   * Checks that no change of the store was found before.
   * @throws StoreChangedError when a change was found
   */
  assertUnchanged(): void {
    this.adapter.changes.assertUnchanged();
  }

  /** The highest sequence number that this process has seen as committed. A read that starts now must not return a lower number. */
  get committedSeq(): number {
    return this.highestSeq;
  }

  /** Remembers the sequence number of a committed row. */
  recordCommitted(seq: number): void {
    this.highestSeq = Math.max(this.highestSeq, seq);
  }

  /** A counter that increases when this process writes the state of a completeness check of this feed. */
  get checksVersion(): number {
    return this.writtenChecks;
  }

  recordWrittenChecks(): void {
    this.writtenChecks++;
  }

  /**
   * Checks the sequence number of the feed's last row, which was read from the primary.
   * @param committedSeq value of `committedSeq` before the read
   * @throws StoreChangedError when the feed has lost rows
   */
  async checkHead(seq: number, committedSeq: number): Promise<void> {
    if (seq < committedSeq)
      await this.session.reportLoss(
        `the feed ${this.connector}/${this.stream} has ${seq} rows, and had ${committedSeq}: an older backup was put back, or commits were lost`,
      );
    this.recordCommitted(seq);
  }

  /**
   * Runs a transaction. If it fails with a `StaleStateError`, the function determines the reason.
   * @throws StoreChangedError when the database was replaced
   */
  async explainStaleState<T>(work: () => Promise<T>): Promise<T> {
    this.assertUnchanged();
    try {
      return await work();
    } catch (error) {
      if (error instanceof StaleStateError) await this.assertExists();
      throw error;
    }
  }

  /**
   * Checks that the feed is still the feed that this process opened, and has all of its rows. The function is called after a
   * StaleStateError, or after a page whose feed number was wrong.
   * @throws StoreChangedError if the feed was replaced, or has lost rows
   */
  async assertExists(): Promise<void> {
    this.assertUnchanged();
    const { committedSeq } = this;
    const { knownBeat } = this.session;
    // Only one statement is used, because every empty page needs this check.
    const row = await this.adapter.reader
      .selectFrom('store_identity')
      .leftJoin('feeds', (join) =>
        join
          .on('feeds.id', '=', this.id)
          .on('feeds.connector', '=', this.connector)
          .on('feeds.stream', '=', this.stream),
      )
      .selectAll('store_identity')
      .select('feeds.head_seq')
      .executeTakeFirst();
    await this.session.checkIdentity(row && toStoreIdentity(row), knownBeat);
    if (row && row.head_seq !== null) await this.checkHead(row.head_seq, committedSeq);
    else
      await this.session.reportLoss(
        `the feed ${this.connector}/${this.stream} no longer has the number ${this.id}: an older backup was put back`,
      );
  }
}
