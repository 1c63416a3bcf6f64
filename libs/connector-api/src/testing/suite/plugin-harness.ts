/**
 * A test harness of one check. It consists of a fake PSP, the plugin that is connected to it, and an in-memory feed to which the plugin's
 * listings are written.
 */
import type { Cursor, Page, Plugin, PspClient, Stream } from '../../plugin.js';
import { setTimeout } from 'node:timers/promises';
import { openConnector } from './open-connector.js';
import type { TestConnector } from './open-connector.js';
import { expectThat, failCheck } from './assertions.js';
import { createExpectedTransaction, expectRecords } from './expect-records.js';
import type { ExpectedTransaction } from './expect-records.js';
import type { ManualClock } from './manual-clock.js';
import { InMemoryFeed } from './in-memory-feed.js';
import type { PluginRecord } from './in-memory-feed.js';
import type { PspFixture, TransactionInput } from './suite.types.js';

const SECOND = 1000;
const HOUR = 3_600_000;
/** The maximum duration of a listing in ms, in real time. A longer listing fails the check. */
const MAX_LISTING_MS = 8_000;
/**
 * The maximum number of consecutive pages without new record versions. A listing with more such pages is assumed never to end, and fails
 * the check.
 */
const MAX_PAGES_WITHOUT_NEW_VERSIONS = 100;

/** The state after a committed page. A listing can resume from it. */
export interface Checkpoint {
  cursor: Cursor;
  feed: InMemoryFeed;
}

export interface PullResult {
  pages: Page<PluginRecord>[];
  /** The states after each page. */
  checkpoints: Checkpoint[];
  /** The number of new record versions. */
  newVersions: number;
}

export class PluginHarness {
  readonly expected: ExpectedTransaction[] = [];
  feed = new InMemoryFeed();
  private addedCount = 0;
  private readonly cursors = new Map<Stream, Cursor>();
  private readonly connectors: TestConnector[] = [];

  constructor(
    readonly plugin: Plugin,
    readonly settings: Readonly<Record<string, unknown>>,
    readonly fixture: PspFixture,
    readonly clock: ManualClock,
  ) {}

  /** The timing limits of the PSP in ms. Missing limits are replaced by their defaults. */
  get timings() {
    return { maxLatenessMs: HOUR, maxChangeAgeMs: HOUR, detectionDelayMs: 0, ...this.fixture.timings };
  }

  /** Creates a new instance of the plugin's client. It must not depend on the state of earlier instances. */
  async createPsp(feed = this.feed): Promise<PspClient> {
    const { providers = [] } = this.fixture;
    const connector = await openConnector(this.plugin, this.settings, {
      feed,
      clock: this.clock,
      providers,
    });
    this.connectors.push(connector);
    return connector.psp;
  }

  /** Adds a transaction to the PSP. All later listings are expected to contain it. */
  async addTransaction(input: Partial<TransactionInput> = {}): Promise<ExpectedTransaction> {
    const transaction: TransactionInput = {
      at: this.clock.now() - SECOND,
      amount: `${10 + this.addedCount}.${String((this.addedCount * 7) % 100).padStart(2, '0')}`,
      currency: 'EUR',
      direction: this.addedCount % 3 === 2 ? 'out' : 'in',
      state: 'final',
      ...input,
    };
    this.addedCount += 1;
    const expected = createExpectedTransaction(await this.fixture.addTransaction(transaction), transaction);
    this.expected.push(expected);
    return expected;
  }

  /** Removes a transaction from the list of expected transactions. */
  removeExpected(id: string): void {
    const index = this.expected.findIndex((expected) => expected.id === id);
    if (index !== -1) this.expected.splice(index, 1);
  }

  /** Adds nine transactions of the last ten days, oldest first. The first three share a timestamp, and so do three later ones. */
  async addHistory(): Promise<void> {
    const now = this.clock.now();
    const hours = [240, 240, 240, 216, 50, 50, 50, 4, 2];
    for (const hour of hours) await this.addTransaction({ at: now - hour * HOUR });
  }

  /**
   * Advances the clock by 5 s, then reads a listing from the last cursor to its end. If the listing fails, the pages before the error are
   * still committed.
   */
  async pull(stream: Stream = 'transactions'): Promise<PullResult> {
    this.clock.advance(5 * SECOND);
    return this.readInto(stream, this.feed, this.cursors.get(stream), (cursor) =>
      this.setCursor(stream, cursor),
    );
  }

  /** Sets the cursor from which the next `pull` resumes. */
  setCursor(stream: Stream, cursor: Cursor): void {
    this.cursors.set(stream, cursor);
  }

  /** Advances the clock by the time within which the plugin must detect late and changed rows, and then pulls. */
  async pullAfterDetectionDelay(stream: Stream = 'transactions'): Promise<PullResult> {
    this.clock.advance(this.timings.detectionDelayMs);
    return this.pull(stream);
  }

  /**
   * Reads a listing that resumes from a checkpoint (the cursor and the feed after a page). The rows are added to a copy of the checkpoint's
   * feed.
   */
  async resumeFrom(stream: Stream, { cursor, feed }: Checkpoint): Promise<InMemoryFeed> {
    const copy = feed.clone();
    await this.readInto(stream, copy, cursor);
    return copy;
  }

  /** Reads a listing from the start into an empty feed. */
  async readFromStart(stream: Stream): Promise<InMemoryFeed> {
    const feed = new InMemoryFeed();
    await this.readInto(stream, feed, undefined);
    return feed;
  }

  /** Reads a listing page by page. Each page is committed before the next page is requested. */
  async *readPages(
    stream: Stream,
    feed: InMemoryFeed,
    since: Cursor | undefined,
  ): AsyncGenerator<{ page: Page<PluginRecord>; newVersions: number }> {
    const listing = startListing(await this.createPsp(feed), stream, since);
    const iterator = listing[Symbol.asyncIterator]();
    const end = performance.now() + MAX_LISTING_MS;
    let pagesWithoutNewVersions = 0;
    for (;;) {
      const result = await rejectAfter(iterator.next(), end, stream);
      if (result.done) return;
      checkPage(result.value);
      const newVersions = feed.commitPage(stream, result.value);
      pagesWithoutNewVersions = newVersions === 0 ? pagesWithoutNewVersions + 1 : 0;
      if (pagesWithoutNewVersions > MAX_PAGES_WITHOUT_NEW_VERSIONS) {
        failCheck(
          `the listing of ${stream} does not end: its last ${pagesWithoutNewVersions} pages brought nothing new`,
        );
      }
      yield { page: result.value, newVersions };
    }
  }

  /**
   * Checks that the feed contains every expected transaction exactly once.
   * @throws CheckFailure if a transaction is missing or duplicate
   */
  expectAllTransactions(when: string, feed = this.feed): void {
    expectRecords(this.expected, feed, when);
  }

  async close(): Promise<void> {
    await Promise.all(this.connectors.map((connector) => connector.close()));
    await this.fixture.close();
  }

  private async readInto(
    stream: Stream,
    feed: InMemoryFeed,
    since: Cursor | undefined,
    commit?: (cursor: Cursor) => void,
  ): Promise<PullResult> {
    const pulled: PullResult = { pages: [], checkpoints: [], newVersions: 0 };
    for await (const { page, newVersions } of this.readPages(stream, feed, since)) {
      commit?.(page.cursor);
      pulled.pages.push(page);
      pulled.checkpoints.push({ cursor: page.cursor, feed: feed.clone() });
      pulled.newVersions += newVersions;
    }
    return pulled;
  }
}

function startListing(
  psp: PspClient,
  stream: Stream,
  since: Cursor | undefined,
): AsyncIterable<Page<PluginRecord>> {
  switch (stream) {
    case 'accounts':
      return psp.accounts(since);
    case 'beneficiaries':
      return psp.beneficiaries?.(since) ?? failCheck('the plugin lists no beneficiaries');
    case 'transactions':
      return psp.transactions(since);
  }
}

function checkPage(page: Page<PluginRecord>): void {
  expectThat(Array.isArray(page.items), 'a page has no list of items');
  expectThat(typeof page.cursor === 'string', `a page has a cursor of type ${typeof page.cursor}`);
}

async function rejectAfter<T>(promise: Promise<T>, deadline: number, stream: Stream): Promise<T> {
  const timer = new AbortController();
  const late = setTimeout(Math.max(0, deadline - performance.now()), undefined, {
    signal: timer.signal,
  }).then(() => failCheck(`the listing of ${stream} had not ended after ${MAX_LISTING_MS / 1000} s`));
  late.catch(() => undefined);
  return Promise.race([promise, late]).finally(() => timer.abort());
}
