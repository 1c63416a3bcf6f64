/**
 * Compares stored rows with their hashes continuously, a few rows at a time. Each sample reads rows of another feed, in turn, among the
 * feeds that this process pulls. So every row is compared again and again, and the cost depends neither on the number of connectors nor on
 * the length of the feeds.
 */
import type { Stream } from '@tributary/connector-api';
import type { DamagedRow, Feed, Store } from '@tributary/feed';
import type { SyncContext } from '../sync-context.js';

const MAX_NAMED_ROWS = 5;

/** The progress of the comparison in one feed. */
interface FeedProgress {
  connector: string;
  stream: Stream;
  /** The feed time (which is unique and increases with each row) of the last row that was compared; `undefined` before the first row. */
  after: number | undefined;
  /** True if the next sample begins at a random row. So processes that restart often also compare all rows. */
  startsAtRandom: boolean;
  /** The number of rows that were compared since the last damaged row was found. */
  intactRows: number;
  damaged: Map<number, DamagedRow>;
  /**
   * True if the warning about damage in the store agrees with `damaged`. It is false after the start, because an earlier process may have
   * stored a warning.
   */
  isWarningCurrent: boolean;
}

export class StoredRowHashCheck {
  /** The feeds in the sequence of their next samples. The first feed is next. */
  private readonly feeds = new Map<string, FeedProgress>();
  private lastSampleAt = -Infinity;

  constructor(
    private readonly store: Store,
    private readonly context: SyncContext,
  ) {}

  /**
   * Compares some rows after a pull of a feed, unless this process has compared other rows a moment ago. The method never throws.
   * @param connector path of the connector that was pulled. The pulled feed is added to the feeds from which samples are taken in turn
   */
  async sampleAfterPull(connector: string, stream: Stream): Promise<void> {
    const { clock, limits, logger } = this.context;
    this.addFeed(connector, stream);
    const now = clock.now();
    // If the clock was set back, the next sample is due at once.
    if (now >= this.lastSampleAt && now - this.lastSampleAt < limits.rowSampleIntervalMs) return;
    this.lastSampleAt = now;
    const next = this.takeTurn();
    try {
      await this.compareNextRows(next);
    } catch (error) {
      const feed = { connector: next.connector, stream: next.stream };
      logger.warn({ ...feed, err: error }, 'stored rows could not be compared with their hashes');
    }
  }

  private addFeed(connector: string, stream: Stream): void {
    const key = `${connector} ${stream}`;
    if (this.feeds.has(key)) return;
    this.feeds.set(key, {
      ...{ connector, stream, after: undefined, startsAtRandom: true, intactRows: 0 },
      ...{ damaged: new Map(), isWarningCurrent: false },
    });
  }

  /** Returns the feed for the next sample, and moves this feed to the end of the sequence. */
  private takeTurn(): FeedProgress {
    const [first] = this.feeds;
    if (!first) throw new Error('no feed was added');
    const [key, progress] = first;
    this.feeds.delete(key);
    this.feeds.set(key, progress);
    return progress;
  }

  private async compareNextRows(progress: FeedProgress): Promise<void> {
    const { metrics, limits, random } = this.context;
    const { connector, stream } = progress;
    const feed = await this.store.feed(connector, stream);
    const { checked, last, damaged } = await feed.verifyRows(progress.after, limits.rowSampleSize);
    progress.after = last;
    metrics.rowsVerified.inc({ connector, stream }, checked);
    const news = damaged.filter(({ seq }) => !progress.damaged.has(seq));
    for (const row of damaged) progress.damaged.set(row.seq, row);
    progress.intactRows = damaged.length > 0 ? 0 : progress.intactRows + checked;
    if (news.length > 0) await this.reportDamage(feed, progress, news);
    else if (progress.damaged.size > 0 || !progress.isWarningCurrent) await this.endDamage(feed, progress);
    metrics.damagedRows.set({ connector, stream }, progress.damaged.size);
    if (progress.startsAtRandom && last !== undefined) {
      progress.startsAtRandom = false;
      const { feedTime = last } = await feed.head();
      progress.after = Math.round(last + random() * (feedTime - last));
    }
  }

  private async reportDamage(feed: Feed, progress: FeedProgress, news: readonly DamagedRow[]): Promise<void> {
    const { connector, stream } = feed;
    const message = describeDamage([...progress.damaged.values()]);
    this.context.logger.error(
      { connector, stream, damagedRows: progress.damaged.size, seq: news[0]?.seq },
      `${connector} ${stream}: rows are damaged: ${message}`,
    );
    progress.isWarningCurrent = true;
    await feed.updateDamageWarning(message);
  }

  /** Resolves the data warning if every row was compared since the last damaged row was found. */
  private async endDamage(feed: Feed, progress: FeedProgress): Promise<void> {
    const { rows } = await feed.head();
    if (progress.intactRows < rows) return;
    progress.damaged.clear();
    progress.isWarningCurrent = true;
    await feed.updateDamageWarning(undefined);
  }
}

function describeDamage(rows: readonly DamagedRow[]): string {
  const names = rows.slice(0, MAX_NAMED_ROWS).map(({ seq, id, reason }) => `row ${seq} (${id}): ${reason}`);
  const more = rows.length > names.length ? `; and ${rows.length - names.length} more` : '';
  return (
    `rows were altered in the database after they had been appended: ${names.join('; ')}${more}. ` +
    'Compare all rows with "tributary store check", and put back a backup'
  );
}
