/** Test harness of one check: a fake PSP, the plugin connected to it, and an in-memory feed that its listings fill. */
import type { Cursor, Page, Plugin, Psp, Stream } from '../../plugin.js';
import { setTimeout } from 'node:timers/promises';
import { openConnector } from './connector.js';
import type { Connector } from './connector.js';
import { expectThat, fail } from './assertions.js';
import { expectationOf, expectRecords } from './expectation.js';
import type { Expected } from './expectation.js';
import type { SuiteClock } from './suite-clock.js';
import { SuiteFeed } from './suite-feed.js';
import type { Item } from './suite-feed.js';
import type { PspWorld, TransactionWish } from './suite.types.js';

const SECOND = 1000;
const HOUR = 3_600_000;
/** Maximum real duration of a listing. */
const LONGEST_LISTING = 8_000;
/** Limit for consecutive pages without new record versions. A listing that exceeds it does not end. */
const MOST_PAGES_WITHOUT_NEWS = 100;

/** State after a committed page, from which a listing can resume. */
export interface Checkpoint {
  cursor: Cursor;
  feed: SuiteFeed;
}

export interface Pulled {
  pages: Page<Item>[];
  /** One checkpoint after each page. */
  checkpoints: Checkpoint[];
  /** Number of new record versions. */
  news: number;
}

export class Scene {
  readonly expected: Expected[] = [];
  feed = new SuiteFeed();
  private added = 0;
  private readonly cursors = new Map<Stream, Cursor>();
  private readonly connectors: Connector[] = [];

  constructor(
    private readonly plugin: Plugin,
    readonly settings: Readonly<Record<string, unknown>>,
    readonly world: PspWorld,
    readonly clock: SuiteClock,
  ) {}

  /** Timing limits of the PSP in ms, with defaults applied. */
  get manners() {
    return { late: HOUR, changes: HOUR, noticed: 0, ...this.world.manners };
  }

  /** Creates a new instance of the plugin. State of earlier instances must not be needed. */
  async psp(feed = this.feed): Promise<Psp> {
    const { providers = [] } = this.world;
    const connector = await openConnector(this.plugin, this.settings, {
      mirror: feed,
      clock: this.clock,
      providers,
    });
    this.connectors.push(connector);
    return connector.psp;
  }

  /** Adds a transaction to the PSP. All later listings are expected to contain it. */
  async add(wish: Partial<TransactionWish> = {}): Promise<Expected> {
    const whole: TransactionWish = {
      at: this.clock.now() - SECOND,
      amount: `${10 + this.added}.${String((this.added * 7) % 100).padStart(2, '0')}`,
      currency: 'EUR',
      direction: this.added % 3 === 2 ? 'out' : 'in',
      state: 'final',
      ...wish,
    };
    this.added += 1;
    const expected = expectationOf(await this.world.add(whole), whole);
    this.expected.push(expected);
    return expected;
  }

  /** Removes a transaction from the expected ones. */
  forget(id: string): void {
    const index = this.expected.findIndex((expected) => expected.id === id);
    if (index !== -1) this.expected.splice(index, 1);
  }

  /** Adds nine transactions of the last ten days, oldest first. Groups of three share a timestamp. */
  async addHistory(): Promise<void> {
    const now = this.clock.now();
    const hours = [240, 240, 240, 216, 50, 50, 50, 4, 2];
    for (const hour of hours) await this.add({ at: now - hour * HOUR });
  }

  /** Advances the clock by 5 s, then reads a listing from the last cursor to its end. Pages before an error are committed. */
  async pull(stream: Stream = 'transactions'): Promise<Pulled> {
    this.clock.advance(5 * SECOND);
    return this.read(stream, this.feed, this.cursors.get(stream), (cursor) => this.resumeAt(stream, cursor));
  }

  /** Sets the cursor from which the next `pull` resumes. */
  resumeAt(stream: Stream, cursor: Cursor): void {
    this.cursors.set(stream, cursor);
  }

  /** Pulls after the time in which the plugin must detect late and changed rows. */
  async pullLater(stream: Stream = 'transactions'): Promise<Pulled> {
    this.clock.advance(this.manners.noticed);
    return this.pull(stream);
  }

  /** Reads a listing from a checkpoint into a copy of the checkpoint's feed. */
  async resume(stream: Stream, { cursor, feed }: Checkpoint): Promise<SuiteFeed> {
    const copy = feed.clone();
    await this.read(stream, copy, cursor);
    return copy;
  }

  /** Reads a listing page by page. Commits each page before it requests the next one. */
  async *pages(
    stream: Stream,
    feed: SuiteFeed,
    since: Cursor | undefined,
  ): AsyncGenerator<{ page: Page<Item>; news: number }> {
    const listing = listingOf(await this.psp(feed), stream, since);
    const iterator = listing[Symbol.asyncIterator]();
    const end = performance.now() + LONGEST_LISTING;
    let silent = 0;
    for (;;) {
      const result = await within(iterator.next(), end, stream);
      if (result.done) return;
      checkPage(result.value);
      const news = feed.commit(stream, result.value);
      silent = news === 0 ? silent + 1 : 0;
      if (silent > MOST_PAGES_WITHOUT_NEWS) {
        fail(`the listing of ${stream} does not end: its last ${silent} pages brought nothing new`);
      }
      yield { page: result.value, news };
    }
  }

  /** @throws CheckFailure unless the feed has every expected transaction exactly once. */
  expectAll(when: string, feed = this.feed): void {
    expectRecords(this.expected, feed, when);
  }

  async close(): Promise<void> {
    await Promise.all(this.connectors.map((connector) => connector.close()));
    await this.world.close();
  }

  private async read(
    stream: Stream,
    feed: SuiteFeed,
    since: Cursor | undefined,
    commit?: (cursor: Cursor) => void,
  ): Promise<Pulled> {
    const pulled: Pulled = { pages: [], checkpoints: [], news: 0 };
    for await (const { page, news } of this.pages(stream, feed, since)) {
      commit?.(page.cursor);
      pulled.pages.push(page);
      pulled.checkpoints.push({ cursor: page.cursor, feed: feed.clone() });
      pulled.news += news;
    }
    return pulled;
  }
}

function listingOf(psp: Psp, stream: Stream, since: Cursor | undefined): AsyncIterable<Page<Item>> {
  switch (stream) {
    case 'accounts':
      return psp.accounts(since);
    case 'beneficiaries':
      return psp.beneficiaries?.(since) ?? fail('the plugin lists no beneficiaries');
    case 'transactions':
      return psp.transactions(since);
  }
}

function checkPage(page: Page<Item>): void {
  expectThat(Array.isArray(page.items), 'a page has no list of items');
  expectThat(typeof page.cursor === 'string', `a page has a cursor of type ${typeof page.cursor}`);
}

async function within<T>(work: Promise<T>, end: number, stream: Stream): Promise<T> {
  const watch = new AbortController();
  const late = setTimeout(Math.max(0, end - performance.now()), undefined, { signal: watch.signal }).then(
    () => fail(`the listing of ${stream} had not ended after ${LONGEST_LISTING / 1000} s`),
  );
  late.catch(() => undefined);
  return Promise.race([work, late]).finally(() => watch.abort());
}
