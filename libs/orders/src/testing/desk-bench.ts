/** Test harness: runs order engines on a real store with a manual clock and a fake PSP, and reads what clients would see. */
import type { OrderKind, OrderRequest, OrderTerms, Psp } from '@tributary/connector-api';
import { openStore, type Store, type StoredOrder } from '@tributary/feed';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { DEFAULT_STORE, type FreshStore, type StoreKind } from '../../../feed/src/testing/stores.js';
import { ManualClock } from '../../../sync/src/testing/manual-clock.js';
import type { OrderDesk } from '../desk.js';
import { OrderEngine } from '../engine.js';
import type { OrderLimits } from '../limits.types.js';
import { DEFAULT_PACE, type OrderPace } from '../pace.js';
import type { TransactionClaims } from '@tributary/sync';
import { FakePsp } from './fake-psp.js';
import { WatchedStore, type Death } from './watched-store.js';

export const SECRET = 'hunter2-hunter2';
export const NO_LIMITS: OrderLimits = { largest: new Map(), perDay: new Map(), unknownAfter: 15 * 60_000 };
export const FOREVER: OrderTerms = { key: 'uuid', remembersFor: Infinity };

export interface LogLine {
  level: number;
  msg: string;
  [field: string]: unknown;
}

export interface Row {
  id: string;
  relatedTransactionID: string;
  type: string;
  status: string;
  amount: string;
  createdAt: string;
  updatedAt: string;
  metadata: Record<string, string>;
}

/** The parts of one gateway that orders need. */
export interface Gateway {
  store: Store;
  watched: WatchedStore;
  engine: OrderEngine;
  desk: OrderDesk;
  claims: TransactionClaims;
}

interface Setting {
  psp?: Psp;
  terms?: OrderTerms;
  limits?: Partial<OrderLimits>;
  pace?: Partial<OrderPace>;
  /** Whether the engine polls for due orders. */
  start?: boolean;
  death?: Death;
}

export class DeskBench {
  readonly clock = new ManualClock();
  readonly registry = new Registry();
  readonly lines: LogLine[] = [];
  readonly psp = new FakePsp();
  private fresh: Promise<FreshStore> | undefined;
  private readonly stores: WatchedStore[] = [];

  constructor(private readonly kind: StoreKind = DEFAULT_STORE) {}

  async open(setting: Setting = {}): Promise<Gateway> {
    const { psp = this.psp, terms = FOREVER, limits = {}, pace = {}, start = true, death } = setting;
    const { url } = await (this.fresh ??= this.kind.create());
    const watched = new WatchedStore(await openStore(url, () => this.clock.now()), death);
    this.stores.push(watched);
    const { store } = watched;
    const engine = new OrderEngine(store, { ...this.options(), pace });
    const connector = { path: 'bank', plugin: 'fake', psp, terms, limits: { ...NO_LIMITS, ...limits } };
    const opened = engine.open(connector);
    if (start) engine.start();
    return { store, watched, engine, ...opened };
  }

  options() {
    return {
      logger: pino(
        { level: 'debug' },
        { write: (line) => void this.lines.push(JSON.parse(line) as LogLine) },
      ),
      registry: this.registry,
      redact: (text: string) => text.replaceAll(SECRET, '[redacted]'),
      clock: this.clock,
      random: () => 0.5,
    };
  }

  async close(): Promise<void> {
    await this.rest();
    for (const store of this.stores) store.kill();
    for (const store of this.stores) await store.close();
    await (await this.fresh)?.remove();
  }

  logged(part: string): LogLine[] {
    return this.lines.filter(({ msg }) => msg.includes(part));
  }

  async rows({ store }: Gateway): Promise<Row[]> {
    const { body } = await (await store.feed('bank', 'transactions')).page(undefined, 1, 10_000);
    return JSON.parse(body.toString()) as Row[];
  }

  async order({ store }: Gateway, key = 'pi-1'): Promise<StoredOrder> {
    const order = await store.orders('bank').findByKey(key);
    if (!order) throw new Error(`there is no order ${key}`);
    return order;
  }

  async events(gateway: Gateway, key = 'pi-1'): Promise<string[]> {
    const { id } = await this.order(gateway, key);
    return (await gateway.store.orders('bank').history(id)).map(({ state, event }) => `${state}: ${event}`);
  }

  /** Advances the clock in steps. Before each step it waits until the stores are idle, so slow work takes no clock time. */
  async pass(milliseconds: number, step = 500): Promise<void> {
    for (let passed = 0; passed < milliseconds; passed += step) {
      await this.rest();
      await this.clock.advance(Math.min(step, milliseconds - passed));
    }
    await this.rest();
  }

  /** Advances the clock until the order is in a state, at most one hour. @throws Error when it never is */
  async passUntil(
    gateway: Gateway,
    state: StoredOrder['state'],
    { key = 'pi-1', step = 500 } = {},
  ): Promise<StoredOrder> {
    for (let passed = 0; passed < 3_600_000; passed += step) {
      const order = await this.order(gateway, key);
      if (order.state === state) return order;
      await this.pass(step, step);
    }
    throw new Error(`the order is never ${state}, it is ${(await this.order(gateway, key)).state}`);
  }

  /** Advances the clock until the outcome of an order whose response was just returned may be published. */
  async untilTold(gateway: Gateway): Promise<void> {
    gateway.engine.start();
    await this.pass(DEFAULT_PACE.afterAnswer + 2 * DEFAULT_PACE.poll, 1_000);
  }

  /** Submits an order and advances the clock until the response arrives. @returns the parsed response */
  async pay(
    desk: OrderDesk,
    changes: Partial<OrderRequest> = {},
    kind: OrderKind = 'PAYOUT',
  ): Promise<Answer> {
    return JSON.parse(await this.bytes(desk, changes, kind)) as Answer;
  }

  async bytes(
    desk: OrderDesk,
    changes: Partial<OrderRequest> = {},
    kind: OrderKind = 'PAYOUT',
  ): Promise<string> {
    return this.until(desk.pay(kind, request(changes)));
  }

  /** Advances the clock until the promise settles, at most 10 s, because clients wait that long. */
  async until<T>(work: Promise<T>): Promise<T> {
    let done = false;
    const end = () => (done = true);
    work.then(end, end);
    for (let passed = 0; passed < 10_000; passed += 100) {
      await this.rest();
      if (done) return work;
      await this.clock.advance(100);
    }
    throw new Error('no answer within 10 s');
  }

  private async rest(): Promise<void> {
    for (const store of this.stores) await store.rest();
  }
}

export interface Answer {
  id: string;
  idempotencyKey: string;
  amount: string;
  currency: string;
  status: string;
  createdAt: string;
  metadata: Record<string, string>;
}

export function request(changes: Partial<OrderRequest> = {}): OrderRequest {
  return {
    idempotencyKey: 'pi-1',
    amount: { amount: 1250n, asset: 'EUR/2' },
    sourceAccountId: 'wallet',
    destinationAccountId: 'ada',
    metadata: {},
    ...changes,
  };
}
