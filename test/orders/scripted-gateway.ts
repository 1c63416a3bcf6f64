/** A gateway that answers one order by script, with rows as the contract wants them, or with rows that look right and are not. */
import type { OrderKind, OrderStatus } from '@tributary/connector-api';
import { Client } from '../clients/client.js';
import type { ClientVersion } from '../clients/versions.js';
import { Engine } from './engine.js';
import type { Initiation } from './initiation.js';
import type { Posted } from './order-answer.js';

/** Mistakes of a server that knows the OpenAPI document only. */
export interface Naivety {
  /** Every row carries the time of the order's creation. */
  createdAt?: boolean;
  /** Rows do not name the idempotency key. */
  related?: boolean;
  /** A return also flips the original row. */
  flips?: boolean;
  /** A status is published when it is seen, and only then, whether or not the client has read the answer. */
  once?: boolean;
}

export interface Life {
  kind: OrderKind;
  /** Ends of requests before the first one that is answered. */
  before: Posted[];
  answer: OrderStatus;
  /** What becomes of it, and how many milliseconds after the step before it is seen. */
  changes: { to: OrderStatus; after: number }[];
  /** The first change comes, and the client polls, while the answer is on its way. */
  overtaken?: boolean;
  /** A request was lost, and the person retries only when all has happened. */
  retriedLate?: boolean;
  /** By how many milliseconds the engine's clock is ahead. */
  skew?: number;
}

export interface Seen {
  payments: number;
  payment: string | undefined;
  amount: bigint | undefined;
  initiation: string;
}

const KEY = 'invoice 2026/0815';
const ID = 'order-0001';
const AMOUNT = '12500';
/** For so long after an answer the engine may still stamp its own entry: no change is published before. */
const MARGIN = 10_000;

/** @returns what Formance shows in the end. */
export async function live(version: ClientVersion, life: Life, naivety: Naivety = {}): Promise<Seen> {
  const gateway = new ScriptedGateway(life, naivety);
  const engine = new Engine(version, {
    post: async () => {
      const answer = gateway.post();
      if (life.overtaken) await pass(changes.splice(0, 1));
      return answer;
    },
    now: () => gateway.now + (life.skew ?? 0),
    pause: async (milliseconds) => void (gateway.now += milliseconds),
  });
  const client = new Client(version, async (path) => gateway.get(path), engine);
  const changes = [...life.changes];
  const pass = async (passing: Life['changes']) => {
    for (const { to, after } of passing) {
      gateway.change(to, after);
      await client.poll('transactions');
    }
  };
  const initiation = await engine.initiate({
    ...{ reference: KEY, kind: life.kind, amount: AMOUNT, asset: 'EUR/2' },
    ...{ sourceAccountId: 'wallet', destinationAccountId: 'supplier', description: 'paid by a test' },
  });
  await client.poll('transactions');
  if (!life.retriedLate) await retryIfFailed(engine, initiation, life);
  await pass(changes);
  if (life.retriedLate) await retryIfFailed(engine, initiation, life);
  gateway.settle();
  await client.poll('transactions');
  return seen(engine, initiation);
}

async function retryIfFailed(engine: Engine, initiation: Initiation, { answer }: Life): Promise<void> {
  if (initiation.status === 'FAILED' && answer !== 'FAILED') await engine.retry(initiation);
}

function seen({ stored }: Engine, initiation: Initiation): Seen {
  const [linked] = initiation.related;
  return {
    payments: stored.byId.size,
    payment: linked && stored.status(linked),
    amount: linked === undefined ? undefined : stored.byId.get(linked)?.amount,
    initiation: initiation.status,
  };
}

class ScriptedGateway {
  /** Milliseconds. */
  now = Date.UTC(2026, 10, 22, 9);
  private readonly rows: object[] = [];
  private readonly ends: Posted[];
  private readonly createdAt = time(this.now);
  private status: OrderStatus;
  private answeredAt = -Infinity;
  private publishedAt = -Infinity;
  private cameBack = false;

  constructor(
    private readonly life: Life,
    private readonly naivety: Naivety,
  ) {
    this.ends = [...life.before];
    this.status = life.answer;
  }

  post(): Posted {
    // It took the order at once, whatever the client saw of it.
    if (this.rows.length === 0) this.append(this.life.answer, this.createdAt);
    this.now += 200;
    const end = this.ends.shift();
    if (end !== undefined) return end;
    this.answeredAt = this.now;
    const { answer: status } = this.life;
    const order = {
      id: ID,
      idempotencyKey: KEY,
      amount: AMOUNT,
      currency: 'EUR/2',
      status,
      createdAt: this.createdAt,
    };
    return {
      status: 201,
      body: JSON.stringify({ ...order, sourceAccountId: 'wallet', destinationAccountId: 'supplier' }),
    };
  }

  get(path: string) {
    const page = new URLSearchParams(path.split('?')[1]).get('page');
    return {
      status: 200,
      contentType: 'application/json',
      body: JSON.stringify(page === '1' ? this.rows : []),
    };
  }

  change(to: OrderStatus, after: number): void {
    this.now += after;
    this.status = to;
    if (this.now >= this.answeredAt + MARGIN || this.naivety.once) this.publish();
  }

  /** Long after the last answer: what has changed since it was handed out is said, perhaps again, after the engine's entry. */
  settle(): void {
    this.now += MARGIN;
    if (this.status === this.life.answer || this.publishedAt >= this.answeredAt + MARGIN) return;
    if (!this.naivety.once) this.publish();
  }

  private publish(): void {
    this.publishedAt = this.now;
    const createdAt = this.naivety.createdAt ? this.createdAt : time(this.now);
    if (this.status !== 'RETURNED') return this.append(this.status, createdAt);
    // A refund is subtracted every time it comes under another time.
    this.append('REFUNDED', createdAt, { id: `${ID}-return`, amount: this.cameBack ? '0' : AMOUNT });
    this.cameBack = true;
    if (this.naivety.flips) this.append('REFUNDED', createdAt);
  }

  private append(status: string, createdAt: string, members: object = {}): void {
    const related = this.naivety.related ? {} : { relatedTransactionID: KEY };
    const updatedAt = time(this.now + this.rows.length);
    const row = { id: ID, ...related, type: this.life.kind, status, amount: AMOUNT, currency: 'EUR/2' };
    this.rows.push({ ...row, createdAt, updatedAt, ...members });
  }
}

function time(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
