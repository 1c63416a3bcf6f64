/** A gateway that processes one order according to a script. It serves rows as the contract requires, or rows with typical mistakes. */
import type { OrderKind, OrderStatus } from '@tributary/connector-api';
import { GenericConnectorClient } from '../../libs/conformance/src/clients/generic-connector-client.js';
import type { ClientVersion } from '../../libs/conformance/src/clients/client-versions.js';
import { FormanceEngine } from './formance-engine.js';
import type { PaymentInitiation } from './payment-initiation.js';
import type { RequestResult } from './interpret-order-response.js';

/** The mistakes of a server whose author read only the OpenAPI document. */
export interface ServerMistakes {
  /** True if every row contains the time at which the order was created. */
  fixedCreatedAt?: boolean;
  /** True if rows do not contain the idempotency key. */
  omitsRelatedId?: boolean;
  /** True if a return also changes the status of the original row. */
  flipsOriginal?: boolean;
  /** True if a status is published only once, as soon as the server has it, even if the client has not read the response yet. */
  publishesOnce?: boolean;
  /** True if a final status is published only once, although the client may add its own entry after it has read the row. */
  neverRepeats?: boolean;
}

export interface OrderScript {
  kind: OrderKind;
  /** The results of the requests before the first request that gets a response. */
  earlierResults: RequestResult[];
  answer: OrderStatus;
  /** The changes of the status. `afterMs` is the time since the step before, in milliseconds. */
  changes: { to: OrderStatus; afterMs: number }[];
  /** True if the first change happens, and the client polls, before the response arrives. */
  changesBeforeResponse?: boolean;
  /** True if a request was lost, and the user retries only after all changes. */
  retriesLate?: boolean;
  /** The milliseconds by which the engine's clock is ahead. */
  clockSkewMs?: number;
}

export interface VisibleResult {
  payments: number;
  payment: string | undefined;
  amount: bigint | undefined;
  initiation: string;
}

const KEY = 'invoice 2026/0815';
const ID = 'order-0001';
const AMOUNT = '12500';
/**
 * Time in milliseconds after a response during which no change is published. During this time, the engine can still create its own entry.
 */
const PUBLICATION_DELAY_MS = 10_000;
/** Time in milliseconds after which a final status is published a second time. */
const REPETITION_DELAY_MS = 300_000;

/**
 * Runs one order from the initiation to its end.
 * @returns the final state in Formance
 */
export async function runOrderScript(
  version: ClientVersion,
  life: OrderScript,
  naivety: ServerMistakes = {},
): Promise<VisibleResult> {
  const gateway = new ScriptedGateway(life, naivety);
  const engine = new FormanceEngine(version, {
    post: async () => {
      const answer = gateway.post();
      if (life.changesBeforeResponse) await pass(changes.splice(0, 1));
      return answer;
    },
    now: () => gateway.now + (life.clockSkewMs ?? 0),
    sleep: async (milliseconds) => void (gateway.now += milliseconds),
  });
  const client = new GenericConnectorClient(version, async (path) => gateway.get(path), engine);
  const changes = [...life.changes];
  const pass = async (passing: OrderScript['changes']) => {
    for (const { to, afterMs } of passing) {
      gateway.change(to, afterMs);
      await client.poll('transactions');
    }
  };
  const initiation = await engine.initiate({
    ...{ reference: KEY, kind: life.kind, amount: AMOUNT, asset: 'EUR/2' },
    ...{ sourceAccountId: 'wallet', destinationAccountId: 'supplier', description: 'paid by a test' },
  });
  await client.poll('transactions');
  if (!life.retriesLate) await retryIfFailed(engine, initiation, life);
  await pass(changes);
  if (life.retriesLate) await retryIfFailed(engine, initiation, life);
  gateway.publishFinalStatus();
  await client.poll('transactions');
  return collectVisibleResult(engine, initiation);
}

async function retryIfFailed(
  engine: FormanceEngine,
  initiation: PaymentInitiation,
  { answer }: OrderScript,
): Promise<void> {
  if (initiation.status === 'FAILED' && answer !== 'FAILED') await engine.retry(initiation);
}

function collectVisibleResult(
  { paymentStore }: FormanceEngine,
  initiation: PaymentInitiation,
): VisibleResult {
  const [linked] = initiation.linkedPaymentIds;
  return {
    payments: paymentStore.byId.size,
    payment: linked && paymentStore.getStatus(linked),
    amount: linked === undefined ? undefined : paymentStore.byId.get(linked)?.amount,
    initiation: initiation.status,
  };
}

class ScriptedGateway {
  /** The present time in milliseconds since 1970. */
  now = Date.UTC(2026, 10, 22, 9);
  private readonly rows: object[] = [];
  private readonly pendingResults: RequestResult[];
  private readonly createdAt = formatMilliseconds(this.now);
  private status: OrderStatus;
  private answeredAt = -Infinity;
  private publishedAt = -Infinity;
  private wasReturned = false;

  constructor(
    private readonly life: OrderScript,
    private readonly naivety: ServerMistakes,
  ) {
    this.pendingResults = [...life.earlierResults];
    this.status = life.answer;
  }

  post(): RequestResult {
    // The gateway has accepted the order at the first request, even if the client did not get the response.
    if (this.rows.length === 0) this.append(this.life.answer, this.createdAt);
    this.now += 200;
    const end = this.pendingResults.shift();
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
    if (this.now >= this.answeredAt + PUBLICATION_DELAY_MS || this.naivety.publishesOnce) this.publish();
  }

  /**
   * Ends the order long after the last response. If the final status differs from the response, it is published again with a time after the
   * engine's entry.
   */
  publishFinalStatus(): void {
    this.now += REPETITION_DELAY_MS;
    const { publishesOnce, neverRepeats } = this.naivety;
    if (this.status === this.life.answer || publishesOnce) return;
    if (neverRepeats && this.publishedAt >= this.answeredAt + PUBLICATION_DELAY_MS) return;
    this.publish();
  }

  private publish(): void {
    this.publishedAt = this.now;
    const createdAt = this.naivety.fixedCreatedAt ? this.createdAt : formatMilliseconds(this.now);
    if (this.status !== 'RETURNED') return this.append(this.status, createdAt);
    // A refund is subtracted again each time it is published with another time.
    this.append('REFUNDED', createdAt, { id: `${ID}-return`, amount: this.wasReturned ? '0' : AMOUNT });
    if (this.naivety.flipsOriginal && !this.wasReturned) this.append('REFUNDED', createdAt);
    this.wasReturned = true;
  }

  private append(status: string, createdAt: string, members: object = {}): void {
    const related = this.naivety.omitsRelatedId ? {} : { relatedTransactionID: KEY };
    const updatedAt = formatMilliseconds(this.now + this.rows.length);
    const row = { id: ID, ...related, type: this.life.kind, status, amount: AMOUNT, currency: 'EUR/2' };
    this.rows.push({ ...row, createdAt, updatedAt, ...members });
  }
}

function formatMilliseconds(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
