/**
 * Simulates customers who send orders through the balancer all the time. They repeat and retry requests in the same way as the customers in
 * test/orders.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Customer } from '../orders/customer.js';
import type { PayingConnector } from '../orders/deployment.js';
import { generatePaymentRequest, type OrderParties } from '../orders/generate-payment-request.js';
import { createSeededRandom } from '@tributary/connector-api/testing';
import { PspJournal } from '../orders/psp-journal.js';
import { findPermanentErrors, findUnfinished } from '../orders/compare-with-journal.js';

const CONCURRENT_ORDERS = 4;
const MAX_DELAY_MS = 400;
const SETTLE_TIMEOUT_MS = 180_000;
/**
 * The number of the first order. Orders with a smaller number test rejections. They are left out, because after a lost attempt it is
 * unknown for a minute whether a rejection is final.
 */
const FIRST_NUMBER = 8;
/**
 * Matches reports that are not errors in this test. If a gateway stops responding, the balancer asks the next gateway, so a response can
 * take longer than a single gateway promises.
 */
const ACCEPTABLE_ERROR_PATTERN = /: 503 |: answered after \d+ ms/;

export class PayingClients {
  private readonly customers: Customer[];
  private readonly parties = new Map<Customer, OrderParties>();
  private closed = false;

  constructor(connectors: readonly PayingConnector[], url: string) {
    this.customers = connectors.map(
      (connector, index) => new Customer(connector, url, createSeededRandom(index + 1)),
    );
  }

  /** Waits until the gateways serve accounts and beneficiaries. */
  async waitForParties(): Promise<void> {
    for (const customer of this.customers) this.parties.set(customer, await customer.waitForParties());
  }

  /** Sends orders until `isOver` returns true. `waitForParties()` must have been called before. */
  async orderUntil(isOver: () => boolean): Promise<void> {
    await Promise.all(this.customers.map((customer) => this.keepOrdering(customer, isOver)));
    for (const customer of this.customers) await customer.waitForRepeats();
  }

  /**
   * Retries failed initiations, and polls until there is no more change.
   * @returns a message for each order whose end is not correct
   */
  async waitUntilSettled(): Promise<string[]> {
    let left = this.listUnfinished();
    for (let since = performance.now(); left.length > 0 && performance.now() - since < SETTLE_TIMEOUT_MS;) {
      await sleep(500);
      for (const customer of this.customers) {
        await customer.retryFailed(0);
        await poll(customer);
      }
      const now = this.listUnfinished();
      if (now.length < left.length) since = performance.now();
      left = now;
    }
    return left;
  }

  findErrors(): string[] {
    return this.customers
      .flatMap((customer) => findPermanentErrors(customer, readJournal(customer)))
      .filter((lie) => !ACCEPTABLE_ERROR_PATTERN.test(lie));
  }

  describeOrders(): string {
    return this.customers
      .map((customer) => {
        const truth = readJournal(customer);
        const orders = [...customer.engine.initiations.keys()];
        const left = orders.filter((reference) => truth.getPayments(reference).length > 0).length;
        const twice = orders.filter((reference) => truth.getPayments(reference).length > 1).length;
        return (
          `${customer.connector.name}: ${orders.length} orders in ${customer.requestCount} requests (${formatCounts(customer.endCounts)}), ` +
          `${truth.attemptCount} attempts at the PSP, ${left} left, ${twice} more than once`
        );
      })
      .join('; ');
  }

  close(): void {
    this.closed = true;
    for (const customer of this.customers) customer.close();
  }

  private async keepOrdering(customer: Customer, isOver: () => boolean): Promise<void> {
    const parties = this.parties.get(customer)!;
    const random = createSeededRandom(17);
    let number = FIRST_NUMBER;
    const worker = async (): Promise<void> => {
      while (!isOver()) {
        await customer.sendOrder(generatePaymentRequest(number++, parties, random, 'short'), () =>
          this.waitBeforeRetry(),
        );
        await sleep(MAX_DELAY_MS * random());
      }
    };
    const polling = (async () => {
      for (; !isOver(); await sleep(MAX_DELAY_MS)) await poll(customer);
    })();
    await Promise.all([...Array.from({ length: CONCURRENT_ORDERS }, worker), polling]);
  }

  /** Called before a customer repeats a request that got no response. */
  private async waitBeforeRetry(): Promise<void> {
    if (this.closed) throw new Error('the trial was given up');
    await sleep(20);
  }

  private listUnfinished(): string[] {
    return this.customers.flatMap((customer) => findUnfinished(customer, readJournal(customer)));
  }
}

/** Polls as the customer. A failed poll is repeated later. */
async function poll(customer: Customer): Promise<void> {
  await customer.poll().catch(() => undefined);
}

function readJournal({ connector }: Customer): PspJournal {
  return new PspJournal(connector.journal);
}

function formatCounts(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([word, times]) => `${word} ${times}`).join(', ');
}
