/** Sends many orders through a gateway that is killed repeatedly. It ends when every customer sees the end of every order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { ResponseRejected } from '../../libs/conformance/src/clients/decode-response.js';
import { PollFailed } from '../../libs/conformance/src/clients/formance-store.js';
import { Customer } from './customer.js';
import { writeDeployment, type PayingDeployment, type FaultSettings } from './deployment.js';
import { GatewayProcess } from './gateway-process.js';
import { generatePaymentRequest } from './generate-payment-request.js';
import { createSeededRandom } from '@tributary/connector-api/testing';
import { PspJournal } from './psp-journal.js';
import { findPermanentErrors, findUnfinished } from './compare-with-journal.js';

export interface ScenarioSize {
  orders: number;
  kills: number;
  /** The number of orders that a customer sends at once. */
  concurrency: number;
  seed: number;
  faultChoice: 'any' | 'short';
}

/**
 * Time in milliseconds without progress after which the test fails. The time is longer than the sum of three times: the maximum delay
 * between two lookups of an order (5 min), the time for which a rejection is uncertain (1 min), and the time until clients see the result
 * (30 s).
 */
const SETTLE_TIMEOUT_MS = 450_000;
/** The share of the kills that happen shortly after the gateway has started again. */
const KILL_AT_START_SHARE = 0.3;
/** The share of the orders that a user retries although the PSP failed them. */
const RETRY_SHARE = 0.3;

export class OrderKillScenario {
  readonly log: string;
  retryCount = 0;
  killCount = 0;
  /** The number of polls that were refused, lost or timed out. */
  failedPollCount = 0;
  private untilUp = Promise.resolve();
  private readonly random: () => number;

  private constructor(
    private readonly directory: string,
    private readonly fresh: FreshStore,
    private readonly deployment: PayingDeployment,
    private readonly size: ScenarioSize,
    readonly gateway: GatewayProcess,
    readonly customers: readonly Customer[],
  ) {
    this.log = join(directory, 'gateway.log');
    this.random = createSeededRandom(size.seed + 1);
  }

  static async start(size: ScenarioSize, trouble: FaultSettings): Promise<OrderKillScenario> {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-orders-'));
    const fresh = await DEFAULT_STORE.create();
    const deployment = await writeDeployment(directory, fresh.url, trouble);
    const gateway = new GatewayProcess(deployment.file, deployment.url, join(directory, 'gateway.log'));
    const random = createSeededRandom(size.seed);
    const customers = deployment.connectors.map(
      (connector) => new Customer(connector, deployment.url, random),
    );
    await gateway.start();
    return new OrderKillScenario(directory, fresh, deployment, size, gateway, customers);
  }

  /** Sends all orders. Meanwhile the gateway is killed repeatedly. */
  async sendAll(): Promise<void> {
    const share = Math.ceil(this.size.orders / this.customers.length);
    const sending = Promise.all(this.customers.map((customer) => this.sendShare(customer, share)));
    const polling = this.pollUntil(sending);
    await Promise.all([sending, this.killUntil(sending), polling]);
    for (const customer of this.customers) await customer.waitForRepeats();
  }

  /**
   * Retries failed initiations, and polls until there is no more change.
   * @returns a message for each order whose end is not correct
   */
  async waitUntilSettled(): Promise<string[]> {
    await this.retry(RETRY_SHARE);
    let left = this.listUnfinished();
    for (let since = performance.now(); left.length > 0 && performance.now() - since < SETTLE_TIMEOUT_MS;) {
      await sleep(500);
      await this.retry(0);
      await this.poll();
      const now = this.listUnfinished();
      if (now.length < left.length) since = performance.now();
      left = now;
    }
    return left;
  }

  /** Sends every order once more. */
  async repeatAll(): Promise<void> {
    for (const customer of this.customers) {
      const wishes = [...customer.engine.initiations.values()].map(({ request }) => request);
      await runInParallel(wishes, this.size.concurrency, (wish) => customer.repeat(wish));
    }
  }

  findErrors(): string[] {
    return this.customers.flatMap((customer) => findPermanentErrors(customer, this.readJournal(customer)));
  }

  readJournal({ connector }: Customer): PspJournal {
    return new PspJournal(connector.journal);
  }

  get url(): string {
    return this.deployment.url;
  }

  async stop(): Promise<void> {
    for (const customer of this.customers) {
      await customer.waitForRepeats();
      customer.close();
    }
    await this.gateway.kill();
    await this.fresh.remove();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async sendShare(customer: Customer, share: number): Promise<void> {
    const parties = await customer.waitForParties();
    const random = createSeededRandom(this.size.seed + this.customers.indexOf(customer));
    const wishes = Array.from({ length: share }, (_, number) =>
      generatePaymentRequest(number, parties, random, this.size.faultChoice),
    );
    await runInParallel(wishes, this.size.concurrency, (wish) =>
      customer.sendOrder(wish, () => this.untilUp),
    );
  }

  private async killUntil(sent: Promise<unknown>): Promise<void> {
    const { orders, kills } = this.size;
    let done = false;
    void sent.then(
      () => (done = true),
      () => (done = true),
    );
    while (this.killCount < kills && !done) {
      const due = (orders * (this.killCount + 1)) / (kills + 1);
      while (!done && this.countAnswered() < due) await sleep(10);
      do {
        await sleep(this.random() * 300);
        await this.killOnce();
      } while (this.killCount < kills && this.random() < KILL_AT_START_SHARE);
    }
  }

  private async killOnce(): Promise<void> {
    let back = (): void => undefined;
    this.untilUp = new Promise((resolve) => (back = resolve));
    this.killCount++;
    try {
      await this.gateway.kill();
      await this.gateway.start();
    } finally {
      back();
    }
  }

  private async pollUntil(sent: Promise<unknown>): Promise<void> {
    let done = false;
    void sent.then(
      () => (done = true),
      () => (done = true),
    );
    while (!done) {
      await sleep(500);
      await this.poll();
    }
  }

  /** Polls all customers. A failed poll is repeated later. */
  private async poll(): Promise<void> {
    for (const customer of this.customers) {
      await this.untilUp;
      await customer.poll().catch((error: Error) => {
        // An unreadable page is an error of the gateway and is thrown. A request without a response is repeated later.
        if (error instanceof ResponseRejected || error instanceof PollFailed) throw error;
        this.failedPollCount++;
      });
    }
  }

  private async retry(share: number): Promise<void> {
    for (const customer of this.customers) this.retryCount += await customer.retryFailed(share);
  }

  private listUnfinished(): string[] {
    return this.customers.flatMap((customer) => findUnfinished(customer, this.readJournal(customer)));
  }

  private countAnswered(): number {
    return this.customers.reduce((sum, { firstResponses }) => sum + firstResponses.size, 0);
  }
}

export async function runInParallel<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}
