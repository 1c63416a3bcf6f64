/** Orders over a real store in a directory of its own, a clock in our hands, and what clients would see. */
import type { OrderKind, OrderRequest, OrderTerms, Psp } from '@tributary/connector-api';
import { openStore, type Store, type StoredOrder } from '@tributary/feed';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { ManualClock, until } from '../../../sync/src/testing/manual-clock.js';
import type { OrderDesk } from '../desk.js';
import { OrderEngine } from '../engine.js';
import type { OrderLimits } from '../limits.types.js';
import type { OrderPace } from '../pace.js';
import type { TransactionClaims } from '@tributary/sync';
import { FakePsp } from './fake-psp.js';

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

/** One gateway, as far as orders go. */
export interface Gateway {
  store: Store;
  engine: OrderEngine;
  desk: OrderDesk;
  claims: TransactionClaims;
}

interface Setting {
  psp?: Psp;
  terms?: OrderTerms;
  limits?: Partial<OrderLimits>;
  pace?: Partial<OrderPace>;
  /** Whether it also looks for what is due. */
  start?: boolean;
}

export class DeskBench {
  readonly clock = new ManualClock();
  readonly registry = new Registry();
  readonly lines: LogLine[] = [];
  readonly psp = new FakePsp();
  private readonly directory = mkdtempSync(join(tmpdir(), 'orders-'));
  private readonly stores: Store[] = [];

  async open({
    psp = this.psp,
    terms = FOREVER,
    limits = {},
    pace = {},
    start = true,
  }: Setting = {}): Promise<Gateway> {
    const store = await openStore(`sqlite:${join(this.directory, 'store.db')}`, () => this.clock.now());
    this.stores.push(store);
    const engine = new OrderEngine(store, {
      logger: pino(
        { level: 'debug' },
        { write: (line) => void this.lines.push(JSON.parse(line) as LogLine) },
      ),
      registry: this.registry,
      redact: (text) => text.replaceAll('hunter2-hunter2', '[redacted]'),
      clock: this.clock,
      random: () => 0.5,
      pace,
    });
    const connector = { path: 'bank', plugin: 'fake', psp, terms, limits: { ...NO_LIMITS, ...limits } };
    const opened = engine.open(connector);
    if (start) engine.start();
    return { store, engine, ...opened };
  }

  /** The process is gone: what it was about to write is not written, what it was about to send is not sent. */
  async kill({ store }: Gateway): Promise<void> {
    this.stores.splice(this.stores.indexOf(store), 1);
    await store.close();
  }

  async close(): Promise<void> {
    for (const store of this.stores) await store.close();
    rmSync(this.directory, { recursive: true });
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

  /** Lets time pass until the order is in a state. */
  async passUntil(
    gateway: Gateway,
    state: StoredOrder['state'],
    key = 'pi-1',
    step = 500,
  ): Promise<StoredOrder> {
    await until(`order ${key} is ${state}`, async () => {
      await this.clock.advance(step);
      return (await this.order(gateway, key)).state === state;
    });
    return this.order(gateway, key);
  }

  /** The answer to a request, letting time pass until it comes. */
  async pay(
    desk: OrderDesk,
    changes: Partial<OrderRequest> = {},
    kind: OrderKind = 'PAYOUT',
  ): Promise<Record<string, string>> {
    return JSON.parse(await this.bytes(desk, changes, kind)) as Record<string, string>;
  }

  async bytes(
    desk: OrderDesk,
    changes: Partial<OrderRequest> = {},
    kind: OrderKind = 'PAYOUT',
  ): Promise<string> {
    let done = false;
    const answer = desk.pay(kind, request(changes)).finally(() => (done = true));
    answer.catch(() => undefined);
    await until('an answer', async () => {
      if (!done) await this.clock.advance(100);
      return done;
    });
    return answer;
  }
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
