/** Sends many orders through a gateway that is killed again and again, until every customer sees the end of every order. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DEFAULT_STORE, type FreshStore } from '../../libs/feed/src/testing/stores.js';
import { PageRejected } from '../clients/decoding.js';
import { RunFailed } from '../clients/formance.js';
import { Customer } from './customer.js';
import { writeDeployment, type TrialDeployment, type Trouble } from './deployment.js';
import { GatewayProcess } from './gateway-process.js';
import { inventWish } from './invented-wishes.js';
import { randomNumbers } from '@tributary/connector-api/testing';
import { Truth } from './truth.js';
import { findLies, findUnfinished } from './verdict.js';

export interface TrialSize {
  orders: number;
  kills: number;
  /** Number of orders that a customer sends at once. */
  atOnce: number;
  seed: number;
  troubles: 'any' | 'short';
}

/**
 * Milliseconds without progress after which the test gives up. It is longer than the sum of the maximum delay between two lookups of an order (5
 * min), a rejection that is in doubt (1 min), and the time until clients see it (30 s).
 */
const PATIENCE = 450_000;
/** Share of the kills that hit a gateway that has just started again. */
const AT_RECOVERY = 0.3;
/** Share of the orders failed by the PSP that a user retries nevertheless. */
const HOPEFUL = 0.3;

export class Trial {
  readonly log: string;
  retries = 0;
  kills = 0;
  /** Number of polls that were refused, lost or timed out. */
  unanswered = 0;
  private up = Promise.resolve();
  private readonly random: () => number;

  private constructor(
    private readonly directory: string,
    private readonly fresh: FreshStore,
    private readonly deployment: TrialDeployment,
    private readonly size: TrialSize,
    readonly gateway: GatewayProcess,
    readonly customers: readonly Customer[],
  ) {
    this.log = join(directory, 'gateway.log');
    this.random = randomNumbers(size.seed + 1);
  }

  static async start(size: TrialSize, trouble: Trouble): Promise<Trial> {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-orders-'));
    const fresh = await DEFAULT_STORE.create();
    const deployment = await writeDeployment(directory, fresh.url, trouble);
    const gateway = new GatewayProcess(deployment.file, deployment.url, join(directory, 'gateway.log'));
    const random = randomNumbers(size.seed);
    const customers = deployment.connectors.map(
      (connector) => new Customer(connector, deployment.url, random),
    );
    await gateway.start();
    return new Trial(directory, fresh, deployment, size, gateway, customers);
  }

  /** Sends all orders and kills the gateway meanwhile. */
  async sendAll(): Promise<void> {
    const share = Math.ceil(this.size.orders / this.customers.length);
    const sending = Promise.all(this.customers.map((customer) => this.sendShare(customer, share)));
    const polling = this.pollUntil(sending);
    await Promise.all([sending, this.killUntil(sending), polling]);
    for (const customer of this.customers) await customer.settle();
  }

  /**
   * Retries failed initiations and polls until nothing changes any more.
   * @returns a message for each order that did not end correctly
   */
  async settle(): Promise<string[]> {
    await this.retry(HOPEFUL);
    let left = this.unfinished();
    for (let since = performance.now(); left.length > 0 && performance.now() - since < PATIENCE;) {
      await sleep(500);
      await this.retry(0);
      await this.poll();
      const now = this.unfinished();
      if (now.length < left.length) since = performance.now();
      left = now;
    }
    return left;
  }

  /** Sends every order once more. */
  async repeatAll(): Promise<void> {
    for (const customer of this.customers) {
      const wishes = [...customer.engine.initiations.values()].map(({ wish }) => wish);
      await inParallel(wishes, this.size.atOnce, (wish) => customer.repeat(wish));
    }
  }

  lies(): string[] {
    return this.customers.flatMap((customer) => findLies(customer, this.truthOf(customer)));
  }

  truthOf({ connector }: Customer): Truth {
    return new Truth(connector.journal);
  }

  get url(): string {
    return this.deployment.url;
  }

  async end(): Promise<void> {
    for (const customer of this.customers) {
      await customer.settle();
      customer.close();
    }
    await this.gateway.kill();
    await this.fresh.remove();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async sendShare(customer: Customer, share: number): Promise<void> {
    const parties = await customer.parties();
    const random = randomNumbers(this.size.seed + this.customers.indexOf(customer));
    const wishes = Array.from({ length: share }, (_, number) =>
      inventWish(number, parties, random, this.size.troubles),
    );
    await inParallel(wishes, this.size.atOnce, (wish) => customer.order(wish, () => this.up));
  }

  private async killUntil(sent: Promise<unknown>): Promise<void> {
    const { orders, kills } = this.size;
    let done = false;
    void sent.then(
      () => (done = true),
      () => (done = true),
    );
    while (this.kills < kills && !done) {
      const due = (orders * (this.kills + 1)) / (kills + 1);
      while (!done && this.answered() < due) await sleep(10);
      do {
        await sleep(this.random() * 300);
        await this.killOnce();
      } while (this.kills < kills && this.random() < AT_RECOVERY);
    }
  }

  private async killOnce(): Promise<void> {
    let back = (): void => undefined;
    this.up = new Promise((resolve) => (back = resolve));
    this.kills++;
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
      await this.up;
      await customer.poll().catch((error: Error) => {
        // An unreadable page is a defect. A request without a response is repeated.
        if (error instanceof PageRejected || error instanceof RunFailed) throw error;
        this.unanswered++;
      });
    }
  }

  private async retry(share: number): Promise<void> {
    for (const customer of this.customers) this.retries += await customer.retryFailed(share);
  }

  private unfinished(): string[] {
    return this.customers.flatMap((customer) => findUnfinished(customer, this.truthOf(customer)));
  }

  private answered(): number {
    return this.customers.reduce((sum, { answers }) => sum + answers.size, 0);
  }
}

export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
