/** Test harness for this library. It provides a real store of its own, a manual clock, the captured log, and a fake PSP client. */
import type { Account, Page, PspClient, Stream, Transaction } from '@tributary/connector-api';
import { openStore } from '@tributary/feed';
import type { Store } from '@tributary/feed';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { PendingStoreCalls } from '../../../feed/src/testing/pending-store-calls.js';
import { DEFAULT_STORE, type FreshStore } from '../../../feed/src/testing/stores.js';
import { SyncEngine } from '../scheduling/sync-engine.js';
import type { SyncLimits } from '../sync-limits.js';
import type { SyncConnector } from '../sync.types.js';
import { ManualClock } from './manual-clock.js';

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export const LOG_LEVELS = { debug: 20, info: 30, warn: 40, error: 50 };
export const SECRET = 'hunter2-hunter2';

/** Opens stores, creates engines, and reads feeds, log lines and metrics. */
export class SyncTestHarness {
  private readonly pendingWork = new PendingStoreCalls();
  readonly clock = new ManualClock(undefined, this.pendingWork);
  readonly registry = new Registry();
  readonly lines: LogLine[] = [];
  readonly logger = pino(
    { level: 'debug' },
    { write: (line) => void this.lines.push(JSON.parse(line) as LogLine) },
  );
  private readonly stores: Store[] = [];
  /**
   * The first store, without the tracking of its calls. A test that polls a feed through it does not prevent the manual clock from
   * advancing.
   */
  private readingStore: Store | undefined;

  private constructor(private readonly freshStore: FreshStore) {}

  static async open(kind = DEFAULT_STORE): Promise<SyncTestHarness> {
    const bench = new SyncTestHarness(await kind.createMigrated());
    await bench.openStore();
    return bench;
  }

  /** URL of the store, for direct SQL statements. */
  get url(): string {
    return this.freshStore.url;
  }

  get store(): Store {
    return this.stores[0]!;
  }

  /** Opens the same store again, as another process would. */
  async openStore(): Promise<Store> {
    const opened = await openStore(this.freshStore.url, () => this.clock.now());
    this.readingStore ??= opened;
    const store = this.pendingWork.track(opened);
    this.stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    for (const store of this.stores) await store.close();
    await this.freshStore.remove();
  }

  options(limits: Partial<SyncLimits> = {}, clock = this.clock) {
    return {
      logger: this.logger,
      registry: this.registry,
      redact: (text: string) => text.replaceAll(SECRET, '[redacted]'),
      clock,
      random: () => 0.5,
      limits,
    };
  }

  createEngine(connectors: SyncConnector[], limits: Partial<SyncLimits> = {}): SyncEngine {
    return new SyncEngine(this.store, connectors, this.options(limits));
  }

  async readRows(path = 'bank', stream: Stream = 'transactions'): Promise<Record<string, unknown>[]> {
    const { body } = await (await this.readingStore!.feed(path, stream)).readPage(undefined, 1, 100_000);
    return JSON.parse(body.toString()) as Record<string, unknown>[];
  }

  async readIds(path = 'bank', stream: Stream = 'transactions'): Promise<unknown[]> {
    return (await this.readRows(path, stream)).map(({ id }) => id);
  }

  findLogLines(substring: string): LogLine[] {
    return this.lines.filter(({ msg }) => msg.includes(substring));
  }

  async readMetric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    const found = (await this.registry.getMetricsAsJSON()).find((metric) => metric.name === name);
    return found?.values.find(({ labels: of }) =>
      Object.entries(labels).every(([key, value]) => (of as Record<string, unknown>)[key] === value),
    )?.value;
  }
}

export function createTransaction(id: string, changes: Partial<Transaction> = {}): Transaction {
  return {
    id,
    createdAt: '2025-12-31T00:00:00Z',
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: 1250n, asset: 'EUR/2' },
    ...changes,
  };
}

export const createAccount = (id: string): Account => ({ id, name: `Account ${id}` });

/** Creates a PSP client that has the given methods. Listings that are not given return no pages. */
export function createPspClient(methods: Partial<PspClient>): PspClient {
  return { accounts: () => yieldPages([]), transactions: () => yieldPages([]), ...methods };
}

/** Creates a connector whose streams are pulled every minute. */
export function createBankConnector(methods: Partial<PspClient>, path = 'bank'): SyncConnector {
  return { path, client: createPspClient(methods), pullIntervalMs: 60_000 };
}

export async function* yieldPages<T>(list: Page<T>[]): AsyncGenerator<Page<T>> {
  yield* list;
}

/** Yields pages with one transaction each, `t1` … `tN`. The first page is the page after the cursor `since`. */
export async function* yieldNumberedPages(
  count: number,
  since = '0',
  beforePage: (number: number) => unknown = () => undefined,
): AsyncGenerator<Page<Transaction>> {
  for (let number = Number(since) + 1; number <= count; number++) {
    await beforePage(number);
    yield { items: [createTransaction(`t${number}`)], cursor: String(number) };
  }
}

export const createExpectedIds = (count: number) =>
  Array.from({ length: count }, (_, index) => `t${index + 1}`);

/** Returns a promise that never resolves. */
export const createPendingPromise = <T>() => new Promise<T>(() => {});
