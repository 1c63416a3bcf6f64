/** Test bench for this library: a real store of its own, a manual clock, the captured log, and a fake PSP client. */
import type { Account, Page, Psp, Stream, Transaction } from '@tributary/connector-api';
import { openStore } from '@tributary/feed';
import type { Store } from '@tributary/feed';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { Work } from '../../../feed/src/testing/busy-store.js';
import { DEFAULT_STORE, type FreshStore } from '../../../feed/src/testing/stores.js';
import { SyncEngine } from '../engine.js';
import type { SyncLimits } from '../limits.js';
import type { SyncConnector } from '../sync.types.js';
import { ManualClock } from './manual-clock.js';

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export const LEVEL = { debug: 20, info: 30, warn: 40, error: 50 };
export const SECRET = 'hunter2-hunter2';

/** Opens stores, creates engines and reads feeds, log lines and metrics. */
export class Bench {
  private readonly work = new Work();
  readonly clock = new ManualClock(undefined, this.work);
  readonly registry = new Registry();
  readonly lines: LogLine[] = [];
  readonly logger = pino(
    { level: 'debug' },
    { write: (line) => void this.lines.push(JSON.parse(line) as LogLine) },
  );
  private readonly stores: Store[] = [];

  private constructor(private readonly fresh: FreshStore) {}

  static async open(kind = DEFAULT_STORE): Promise<Bench> {
    const bench = new Bench(await kind.create());
    await bench.openStore();
    return bench;
  }

  get store(): Store {
    return this.stores[0]!;
  }

  /** Opens the same store again, as another process would. */
  async openStore(): Promise<Store> {
    const store = this.work.watch(await openStore(this.fresh.url, () => this.clock.now()));
    this.stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    for (const store of this.stores) await store.close();
    await this.fresh.remove();
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

  engine(connectors: SyncConnector[], limits: Partial<SyncLimits> = {}): SyncEngine {
    return new SyncEngine(this.store, connectors, this.options(limits));
  }

  async rows(path = 'bank', stream: Stream = 'transactions'): Promise<Record<string, unknown>[]> {
    const { body } = await (await this.store.feed(path, stream)).page(undefined, 1, 100_000);
    return JSON.parse(body.toString()) as Record<string, unknown>[];
  }

  async ids(path = 'bank', stream: Stream = 'transactions'): Promise<unknown[]> {
    return (await this.rows(path, stream)).map(({ id }) => id);
  }

  logged(part: string): LogLine[] {
    return this.lines.filter(({ msg }) => msg.includes(part));
  }

  async metric(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
    const found = (await this.registry.getMetricsAsJSON()).find((metric) => metric.name === name);
    return found?.values.find(({ labels: of }) =>
      Object.entries(labels).every(([key, value]) => (of as Record<string, unknown>)[key] === value),
    )?.value;
  }
}

export function transaction(id: string, changes: Partial<Transaction> = {}): Transaction {
  return {
    id,
    createdAt: '2025-12-31T00:00:00Z',
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: 1250n, asset: 'EUR/2' },
    ...changes,
  };
}

export const account = (id: string): Account => ({ id, name: `Account ${id}` });

/** Creates a PSP client with these methods. A missing listing returns no pages. */
export function pspOf(methods: Partial<Psp>): Psp {
  return { accounts: () => pages([]), transactions: () => pages([]), ...methods };
}

/** Creates a connector that is pulled every minute. */
export function bank(methods: Partial<Psp>, path = 'bank'): SyncConnector {
  return { path, psp: pspOf(methods), every: 60_000 };
}

export async function* pages<T>(list: Page<T>[]): AsyncGenerator<Page<T>> {
  yield* list;
}

/** Yields pages of one transaction each, `t1` … `tN`, starting after the cursor `since`. */
export async function* numbered(
  count: number,
  since = '0',
  before: (number: number) => unknown = () => undefined,
): AsyncGenerator<Page<Transaction>> {
  for (let number = Number(since) + 1; number <= count; number++) {
    await before(number);
    yield { items: [transaction(`t${number}`)], cursor: String(number) };
  }
}

export const expectedIds = (count: number) => Array.from({ length: count }, (_, index) => `t${index + 1}`);

/** Returns a promise that never resolves. */
export const never = <T>() => new Promise<T>(() => {});
