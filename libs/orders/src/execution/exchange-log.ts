/**
 * Stores the requests to PSPs about orders, and the responses, for operators. The orders never wait for it: exchanges are collected in
 * memory and written together, after the outcomes of the orders are written. If they cannot be written, they are lost, and no order fails.
 */
import { ExchangeRecorder } from '@tributary/connector-api/http';
import type { OrderExchange, Store } from '@tributary/feed';
import type { OrdersContext } from '../runtime/orders-context.js';
import type { OrderAction } from '../state-machine/state-machine.types.js';

/** Time in ms for which exchanges are collected before they are written in one transaction. */
const WRITE_DELAY_MS = 200;
/** Time in ms between two deletions of expired exchanges. */
const DELETION_INTERVAL_MS = 3_600_000;
/** Time in ms after the start until the first deletion, so that it does not delay the start of the gateway. */
const FIRST_DELETION_DELAY_MS = 60_000;
/** The maximum number of calls whose exchanges wait for a write. If the store is slow, the exchanges of further calls are lost. */
const MAX_WAITING_CALLS = 1_000;

/** The exchanges of one call of a plugin. */
interface RecordedCall {
  action: OrderAction;
  recorder: ExchangeRecorder;
}

export class ExchangeLog {
  private waiting: RecordedCall[] = [];
  private cancelWrite: (() => void) | undefined;
  private cancelDeletion: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  constructor(
    private readonly store: Pick<Store, 'orderExchanges'>,
    private readonly context: OrdersContext,
  ) {}

  /** Schedules the deletion of expired exchanges. */
  start(): void {
    this.scheduleDeletion(FIRST_DELETION_DELAY_MS);
  }

  /** Returns a recorder for one call of a plugin, or `undefined` if exchanges are not kept. */
  createRecorder(): ExchangeRecorder | undefined {
    const { clock, exchangeRetentionMs } = this.context;
    return exchangeRetentionMs === undefined ? undefined : new ExchangeRecorder(() => clock.now());
  }

  /** Collects the exchanges of a call. They are written soon afterwards. */
  add(action: OrderAction, recorder: ExchangeRecorder | undefined): void {
    if (recorder === undefined || recorder.isEmpty || this.isStopped) return;
    if (this.waiting.length >= MAX_WAITING_CALLS) return;
    this.waiting.push({ action, recorder });
    this.cancelWrite ??= this.context.clock.after(WRITE_DELAY_MS, () => {
      this.cancelWrite = undefined;
      this.enqueue(() => this.writeWaiting());
    });
  }

  /** Writes the exchanges that are still waiting. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.cancelWrite?.();
    this.cancelDeletion?.();
    this.enqueue(() => this.writeWaiting());
    await this.running;
  }

  private enqueue(work: () => Promise<void>): void {
    this.running = this.running.then(work);
  }

  /** Writes the collected exchanges in one transaction. The function never throws. */
  private async writeWaiting(): Promise<void> {
    const calls = this.waiting;
    this.waiting = [];
    const { exchangeRetentionMs, logger } = this.context;
    if (calls.length === 0 || exchangeRetentionMs === undefined) return;
    try {
      const exchanges = calls.flatMap((call) => this.toExchanges(call));
      await this.store.orderExchanges().append(exchanges, exchangeRetentionMs);
    } catch (error) {
      logger.warn(
        { orders: calls.length, err: error },
        'the requests to the PSP cannot be written, so the timelines of these orders lack them',
      );
    }
  }

  private toExchanges({ action, recorder }: RecordedCall): OrderExchange[] {
    const { id, attempts } = action.order;
    return recorder.redactExchanges(this.context.redact).map(({ at, ...exchange }, position) => ({
      ...{ orderId: id, at, position, action: action.type, attempt: attempts },
      body: JSON.stringify(exchange),
    }));
  }

  private scheduleDeletion(delayMs: number): void {
    this.cancelDeletion = this.context.clock.after(delayMs, () => {
      this.enqueue(async () => {
        await this.deleteExpired();
        if (!this.isStopped) this.scheduleDeletion(DELETION_INTERVAL_MS);
      });
    });
  }

  /** Deletes expired exchanges batch by batch. The function never throws. */
  private async deleteExpired(): Promise<void> {
    try {
      while (!this.isStopped && (await this.store.orderExchanges().deleteExpired()));
    } catch (error) {
      this.context.logger.warn({ err: error }, 'expired requests to the PSP cannot be deleted yet');
    }
  }
}
