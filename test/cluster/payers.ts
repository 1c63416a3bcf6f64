/** Customers who send orders through the balancer the whole time, with the same repeats and retries as those of test/orders. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Customer } from '../orders/customer.js';
import type { TrialConnector } from '../orders/deployment.js';
import { inventWish, type Parties } from '../orders/invented-wishes.js';
import { randomNumbers } from '@tributary/connector-api/testing';
import { Truth } from '../orders/truth.js';
import { findLies, findUnfinished } from '../orders/verdict.js';

const AT_ONCE = 4;
const PAUSE = 400;
const PATIENCE = 180_000;
/** Numbers below this one are for rejected orders. A rejection after a lost attempt is in doubt for a minute. */
const FIRST = 8;
/**
 * Reports that are no errors here: when a gateway stops responding, the balancer asks the next one, so a response can take longer than one gateway
 * promises.
 */
const NO_LIE = /: 503 |: answered after \d+ ms/;

export class Payers {
  private readonly customers: Customer[];
  private readonly parties = new Map<Customer, Parties>();
  private closed = false;

  constructor(connectors: readonly TrialConnector[], url: string) {
    this.customers = connectors.map(
      (connector, index) => new Customer(connector, url, randomNumbers(index + 1)),
    );
  }

  /** Waits until the gateways serve accounts and beneficiaries. */
  async meet(): Promise<void> {
    for (const customer of this.customers) this.parties.set(customer, await customer.parties());
  }

  /** Sends orders until `isOver`. Call `waitForParties()` before. */
  async orderUntil(isOver: () => boolean): Promise<void> {
    await Promise.all(this.customers.map((customer) => this.keepOrdering(customer, isOver)));
    for (const customer of this.customers) await customer.settle();
  }

  /**
   * Retries failed initiations and polls until nothing changes any more.
   * @returns a message for each order that did not end correctly
   */
  async settle(): Promise<string[]> {
    let left = this.unfinished();
    for (let since = performance.now(); left.length > 0 && performance.now() - since < PATIENCE;) {
      await sleep(500);
      for (const customer of this.customers) {
        await customer.retryFailed(0);
        await poll(customer);
      }
      const now = this.unfinished();
      if (now.length < left.length) since = performance.now();
      left = now;
    }
    return left;
  }

  lies(): string[] {
    return this.customers
      .flatMap((customer) => findLies(customer, truthOf(customer)))
      .filter((lie) => !NO_LIE.test(lie));
  }

  /** Returns how requests ended: by status, or without a response within the client's ten seconds. */
  ends(): string {
    return this.customers.map(({ ends }) => list(ends)).join('; ');
  }

  tell(): string {
    return this.customers
      .map((customer) => {
        const truth = truthOf(customer);
        const orders = [...customer.engine.initiations.keys()];
        const left = orders.filter((reference) => truth.paid(reference).length > 0).length;
        const twice = orders.filter((reference) => truth.paid(reference).length > 1).length;
        return (
          `${customer.connector.name}: ${orders.length} orders in ${customer.requests} requests (${list(customer.ends)}), ` +
          `${truth.attempts} attempts at the PSP, ${left} left, ${twice} more than once`
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
    const random = randomNumbers(17);
    let number = FIRST;
    const worker = async (): Promise<void> => {
      while (!isOver()) {
        await customer.order(inventWish(number++, parties, random, 'short'), () => this.goOn());
        await sleep(PAUSE * random());
      }
    };
    const polling = (async () => {
      for (; !isOver(); await sleep(PAUSE)) await poll(customer);
    })();
    await Promise.all([...Array.from({ length: AT_ONCE }, worker), polling]);
  }

  /** Called before a customer without a response tries again. */
  private async goOn(): Promise<void> {
    if (this.closed) throw new Error('the trial was given up');
    await sleep(20);
  }

  private unfinished(): string[] {
    return this.customers.flatMap((customer) => findUnfinished(customer, truthOf(customer)));
  }
}

/** Polls. A failed poll is repeated later. */
async function poll(customer: Customer): Promise<void> {
  await customer.poll().catch(() => undefined);
}

function truthOf({ connector }: Customer): Truth {
  return new Truth(connector.journal);
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([word, times]) => `${word} ${times}`).join(', ');
}
