/** A gateway that handles one order by script. It serves rows as the contract requires, or rows with typical mistakes. */
import type { OrderKind, OrderStatus } from '@tributary/connector-api';
import { Client } from '../clients/client.js';
import type { ClientVersion } from '../clients/versions.js';
import { Engine } from './engine.js';
import type { Initiation } from './initiation.js';
import type { Posted } from './order-answer.js';

/** Mistakes of a server whose author only knows the OpenAPI document. */
export interface Naivety {
  /** Every row has the time of the order's creation. */
  createdAt?: boolean;
  /** Rows do not contain the idempotency key. */
  related?: boolean;
  /** A return also changes the status of the original row. */
  flips?: boolean;
  /** A status is published only once, when it is seen, even if the client has not read the response yet. */
  once?: boolean;
}

export interface Life {
  kind: OrderKind;
  /** Results of the requests before the first one with a response. */
  before: Posted[];
  answer: OrderStatus;
  /** Changes of the status. `after`: milliseconds since the step before. */
  changes: { to: OrderStatus; after: number }[];
  /** Whether the first change happens, and the client polls, before the response arrives. */
  overtaken?: boolean;
  /** Whether a request was lost, and the user retries only after all changes. */
  retriedLate?: boolean;
  /** Milliseconds by which the engine's clock is ahead. */
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
/** Milliseconds. For this long after a response the engine can still create its own entry, so no change is published before. */
const MARGIN = 10_000;

/**
 * Runs one order from the initiation to its end.
 * @returns what Formance shows in the end
 */
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
  /** Milliseconds since 1970. */
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
    // The gateway accepted the order at the first request, even if the client did not get the response.
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

  /**
   * Ends the order, long after the last response. A status that changed after the response was sent is published (again) with a time after the
   * engine's entry.
   */
  settle(): void {
    this.now += MARGIN;
    if (this.status === this.life.answer || this.publishedAt >= this.answeredAt + MARGIN) return;
    if (!this.naivety.once) this.publish();
  }

  private publish(): void {
    this.publishedAt = this.now;
    const createdAt = this.naivety.createdAt ? this.createdAt : time(this.now);
    if (this.status !== 'RETURNED') return this.append(this.status, createdAt);
    // A refund is subtracted each time that it comes with another time.
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
