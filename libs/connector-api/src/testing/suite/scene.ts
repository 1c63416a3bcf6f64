/** One PSP, the plugin on it, and the feed that its listings fill. */
import type { Cursor, Page, Plugin, Psp, Stream } from '../../plugin.js';
import { setTimeout } from 'node:timers/promises';
import { openConnector } from './connector.js';
import type { Connector } from './connector.js';
import { expectThat, fail } from './check.js';
import { expectationOf, expectRecords } from './expectation.js';
import type { Expected } from './expectation.js';
import type { SuiteClock } from './suite-clock.js';
import { SuiteFeed } from './suite-feed.js';
import type { Item } from './suite-feed.js';
import type { PspWorld, TransactionWish } from './suite.types.js';

const SECOND = 1000;
const HOUR = 3_600_000;
/** Real milliseconds that a listing of a check may take. */
const LONGEST_LISTING = 8_000;
/** Nobody needs so many pages in a row to say nothing new. */
const MOST_PAGES_WITHOUT_NEWS = 100;

/** A committed page: where somebody may resume. */
export interface Checkpoint {
  cursor: Cursor;
  feed: SuiteFeed;
}

export interface Pulled {
  pages: Page<Item>[];
  /** After each page. */
  checkpoints: Checkpoint[];
  /** New versions of records. */
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

  /** When rows may turn up late and change, milliseconds. */
  get manners() {
    return { late: HOUR, changes: HOUR, noticed: 0, ...this.world.manners };
  }

  /** The plugin, put together anew: nothing of an earlier call may be needed. */
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

  /** The PSP has one more transaction; every listing from now on is expected to have it. */
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

  /** It need not be listed any more. */
  forget(id: string): void {
    const index = this.expected.findIndex((expected) => expected.id === id);
    if (index !== -1) this.expected.splice(index, 1);
  }

  /** Transactions of some days, oldest first, the older ones in threes with one time. */
  async addHistory(): Promise<void> {
    const now = this.clock.now();
    const hours = [240, 240, 240, 216, 50, 50, 50, 4, 2];
    for (const hour of hours) await this.add({ at: now - hour * HOUR });
  }

  /** One listing from the last cursor to its end, a few seconds later; what it had before an error is committed. */
  async pull(stream: Stream = 'transactions'): Promise<Pulled> {
    this.clock.advance(5 * SECOND);
    return this.read(stream, this.feed, this.cursors.get(stream), (cursor) => this.resumeAt(stream, cursor));
  }

  /** What was committed of a listing that went on by itself. */
  resumeAt(stream: Stream, cursor: Cursor): void {
    this.cursors.set(stream, cursor);
  }

  /** As `pull`, once the plugin has had the time to notice what was late or changed. */
  async pullLater(stream: Stream = 'transactions'): Promise<Pulled> {
    this.clock.advance(this.manners.noticed);
    return this.pull(stream);
  }

  /** A listing from a page on that was committed at any time, with a feed as it was then. */
  async resume(stream: Stream, { cursor, feed }: Checkpoint): Promise<SuiteFeed> {
    const copy = feed.clone();
    await this.read(stream, copy, cursor);
    return copy;
  }

  /** The page by page reading of a listing, each committed before the next is asked for. */
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

  /** @throws Failure unless all transactions of the world are in the feed, each once. */
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
