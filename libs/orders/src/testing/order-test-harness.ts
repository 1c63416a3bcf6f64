/**
 * Test harness for orders. It runs order engines on a real store with a manual clock and a fake PSP, and reads the data that clients would
 * get.
 */
import type { OrderKind, OrderRequest, IdempotencySupport, PspClient } from '@tributary/connector-api';
import { openStore, startEpochAfterRestore, type Store, type StoredOrder } from '@tributary/feed';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { backUpDatabase, runSql } from '../../../feed/src/testing/raw-sql.js';
import { DEFAULT_STORE, type FreshStore, type StoreKind } from '../../../feed/src/testing/stores.js';
import { ManualClock } from '../../../sync/src/testing/manual-clock.js';
import type { OrderService } from '../intake/order-service.js';
import { OrderEngine } from '../order-engine.js';
import type { OrderLimits } from '../model/order-limits.types.js';
import { DEFAULT_ORDER_TIMINGS, type OrderTimings } from '../state-machine/order-timings.js';
import type { TransactionMatcher } from '@tributary/sync';
import { FakePsp } from './fake-psp.js';
import { InstrumentedStore, type CrashPoint } from './instrumented-store.js';

export const SECRET = 'hunter2-hunter2';
export const NO_LIMITS: OrderLimits = { largest: new Map(), perDay: new Map(), alertAfterMs: 15 * 60_000 };
export const UNLIMITED_IDEMPOTENCY: IdempotencySupport = { keyFormat: 'uuid', idempotencyWindowMs: Infinity };

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export interface TransactionRow {
  id: string;
  relatedTransactionID: string;
  type: string;
  status: string;
  amount: string;
  sourceAccountID?: string;
  destinationAccountID?: string;
  createdAt: string;
  updatedAt: string;
  metadata: Record<string, string>;
}

/** The parts of one gateway that the order library uses. */
export interface TestGateway {
  store: Store;
  instrumented: InstrumentedStore;
  engine: OrderEngine;
  service: OrderService;
  matcher: TransactionMatcher;
  /** Time in ms between two polls of the engine. Tests that simulate hours use a longer time, because each poll needs a query. */
  pollIntervalMs: number;
}

interface TestGatewayOptions {
  client?: PspClient;
  idempotency?: IdempotencySupport;
  limits?: Partial<OrderLimits>;
  timings?: Partial<OrderTimings>;
  /** True if the engine polls the store for due orders. */
  start?: boolean;
  crashPoint?: CrashPoint;
}

export class OrderTestHarness {
  readonly clock = new ManualClock();
  readonly registry = new Registry();
  readonly logLines: LogLine[] = [];
  readonly psp = new FakePsp();
  private freshStore: Promise<FreshStore> | undefined;
  private readonly stores: InstrumentedStore[] = [];

  constructor(private readonly storeKind: StoreKind = DEFAULT_STORE) {}

  async openGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
    const {
      client = this.psp,
      idempotency = UNLIMITED_IDEMPOTENCY,
      limits = {},
      timings = {},
      start = true,
      crashPoint,
    } = options;
    const { url } = await (this.freshStore ??= this.storeKind.createMigrated());
    const instrumented = new InstrumentedStore(await openStore(url, () => this.clock.now()), crashPoint);
    this.stores.push(instrumented);
    const { store } = instrumented;
    const engine = new OrderEngine(store, { ...this.options(), timings });
    const connector = {
      path: 'bank',
      plugin: 'fake',
      client,
      idempotency,
      limits: { ...NO_LIMITS, ...limits },
    };
    const opened = engine.addConnector(connector);
    if (start) engine.start();
    const pollIntervalMs = timings.pollIntervalMs ?? DEFAULT_ORDER_TIMINGS.pollIntervalMs;
    return { store, instrumented, engine, pollIntervalMs, ...opened };
  }

  /**
   * Stops a gateway and backs up its store.
   * @returns a function that stops another gateway, restores the backup, and records the restore at the time of the manual clock
   */
  async stopAndBackUp(gateway: TestGateway): Promise<(later: TestGateway) => Promise<void>> {
    const { url } = await (this.freshStore ??= this.storeKind.createMigrated());
    await this.stop(gateway);
    const putBack = await backUpDatabase(url);
    const backupAt = this.clock.now();
    return async (later) => {
      await this.stop(later);
      await putBack();
      await startEpochAfterRestore(url);
      await runSql(
        url,
        `update store_identity set restored_at = ${this.clock.now()}, backup_at = ${backupAt}`,
      );
    };
  }

  /** Runs SQL directly on the database, as a failover that loses rows would. */
  async runSql(...statements: string[]): Promise<void> {
    const { url } = await (this.freshStore ??= this.storeKind.createMigrated());
    await runSql(url, ...statements);
  }

  private async stop({ engine, instrumented }: TestGateway): Promise<void> {
    await engine.stop();
    await this.waitUntilIdle();
    this.stores.splice(this.stores.indexOf(instrumented), 1);
    await instrumented.close();
  }

  options() {
    return {
      logger: pino(
        { level: 'debug' },
        { write: (line) => void this.logLines.push(JSON.parse(line) as LogLine) },
      ),
      registry: this.registry,
      redact: (text: string) => text.replaceAll(SECRET, '[redacted]'),
      clock: this.clock,
      random: () => 0.5,
    };
  }

  async close(): Promise<void> {
    await this.waitUntilIdle();
    for (const store of this.stores) store.crash();
    for (const store of this.stores) await store.close();
    await (await this.freshStore)?.remove();
  }

  findLogLines(part: string): LogLine[] {
    return this.logLines.filter(({ msg }) => msg.includes(part));
  }

  async readRows({ store }: TestGateway): Promise<TransactionRow[]> {
    const { body } = await (await store.feed('bank', 'transactions')).readPage(undefined, 1, 10_000);
    return JSON.parse(body.toString()) as TransactionRow[];
  }

  async getOrder({ store }: TestGateway, key = 'pi-1'): Promise<StoredOrder> {
    const order = await store.orders('bank').findByIdempotencyKey(key);
    if (!order) throw new Error(`there is no order ${key}`);
    return order;
  }

  async readEvents(gateway: TestGateway, key = 'pi-1'): Promise<string[]> {
    const { id } = await this.getOrder(gateway, key);
    return (await gateway.store.orders('bank').readHistory(id)).map(
      ({ state, event }) => `${state}: ${event}`,
    );
  }

  /** Advances the clock in steps. Before each step it waits until the stores are idle, so real time does not affect the simulated time. */
  async advance(milliseconds: number, step = 500): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += step) {
      await this.waitUntilIdle();
      await this.clock.advance(Math.min(step, milliseconds - passed));
    }
    await this.waitUntilIdle();
  }

  /**
   * Advances the clock, by at most one hour, until the order has the given state.
   * @throws Error when the order does not reach the state
   */
  async advanceUntilState(
    gateway: TestGateway,
    state: StoredOrder['state'],
    { key = 'pi-1', step = 500 } = {},
  ): Promise<StoredOrder> {
    for (let passed = 0; passed < 3_600_000; passed += step) {
      const order = await this.getOrder(gateway, key);
      if (order.state === state) return order;
      await this.advance(step, step);
    }
    throw new Error(`the order is never ${state}, it is ${(await this.getOrder(gateway, key)).state}`);
  }

  /** Advances the clock until the outcome of an order may be published. The response to the order must have been returned just before. */
  async advanceUntilPublished(gateway: TestGateway): Promise<void> {
    gateway.engine.start();
    await this.advance(DEFAULT_ORDER_TIMINGS.publishDelayMs + 2 * gateway.pollIntervalMs, 1_000);
  }

  /**
   * Submits an order, and advances the clock until the response arrives.
   * @returns the parsed response
   */
  async submit(
    service: OrderService,
    changes: Partial<OrderRequest> = {},
    kind: OrderKind = 'PAYOUT',
  ): Promise<OrderResponse> {
    return JSON.parse(await this.submitRaw(service, changes, kind)) as OrderResponse;
  }

  async submitRaw(
    service: OrderService,
    changes: Partial<OrderRequest> = {},
    kind: OrderKind = 'PAYOUT',
  ): Promise<string> {
    return this.advanceUntilSettled(service.submit(kind, createRequest(changes)));
  }

  /** Advances the clock until the promise settles, by at most 10 s, because clients wait for 10 s. */
  async advanceUntilSettled<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => (done = true);
    work.then(end, end);
    for (let passed = 0; passed < 10_000; passed += 100) {
      await this.waitUntilIdle();
      if (done) return work;
      await this.clock.advance(100);
    }
    throw new Error('no answer within 10 s');
  }

  private async waitUntilIdle(): Promise<void> {
    for (const store of this.stores) await store.waitUntilIdle();
  }
}

export interface OrderResponse {
  id: string;
  idempotencyKey: string;
  amount: string;
  currency: string;
  status: string;
  createdAt: string;
  metadata: Record<string, string>;
}

export function createRequest(changes: Partial<OrderRequest> = {}): OrderRequest {
  return {
    idempotencyKey: 'pi-1',
    amount: { amount: 1250n, asset: 'EUR/2' },
    sourceAccountId: 'wallet',
    destinationAccountId: 'ada',
    metadata: {},
    ...changes,
  };
}
