/**
 * One installation at one connector, with impatient users. The engine's model sends every order. Some orders are sent twice at once or again
 * later, and orders that failed with a lost connection are retried. All responses to one order must be the same bytes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../clients/client.js';
import { connect, type Connection } from '../clients/http-get.js';
import { clientVersion } from '../clients/versions.js';
import type { TrialConnector } from './deployment.js';
import { Engine } from './engine.js';
import { connectOrders, type OrderConnection } from './http-post.js';
import type { Parties } from './invented-wishes.js';
import type { Posted } from './order-answer.js';
import { pathOf, requestOf, type OrderPath, type Wish } from './wish.js';

/** Maximum delay in milliseconds. The engine's own delays grow to 100 s, which is too long for a test. */
const LONGEST_PAUSE = 1500;
/** Share of the requests that are sent twice at once, share of those that are sent again later, and the maximum delay of these in milliseconds. */
const TWICE = 0.2;
const AGAIN = 0.1;
const LATER = 4000;
/** Milliseconds within which an order is answered, including the transport. */
const PROMISED = 8500;

export class Customer {
  readonly engine: Engine;
  /** The first response to each order, by reference. */
  readonly answers = new Map<string, string>();
  /** Responses that should never have come. */
  readonly surprises: string[] = [];
  readonly ends = new Map<string, number>();
  requests = 0;
  /** Number of responses that took longer than promised. A busy machine can cause them, so they are only counted. */
  late = 0;
  private readonly client: Client;
  private readonly pages: Connection;
  private readonly orders: OrderConnection;
  private readonly repeats = new Set<Promise<void>>();

  constructor(
    readonly connector: TrialConnector,
    url: string,
    private readonly random: () => number,
  ) {
    const endpoint = `${url}/${connector.name}`;
    this.pages = connect(endpoint, connector.key);
    this.orders = connectOrders(endpoint, connector.key);
    const version = clientVersion('v3.4.0');
    this.engine = new Engine(version, {
      post: (path, body) => this.post(path, body),
      now: () => Date.now(),
      pause: (milliseconds) => sleep(Math.min(milliseconds, LONGEST_PAUSE)),
    });
    this.client = new Client(version, this.pages.get, this.engine);
  }

  /** Waits until the gateway serves accounts and beneficiaries, and returns their ids. */
  async parties(): Promise<Parties> {
    for (;;) {
      const [accounts, beneficiaries] = [await this.ids('/accounts'), await this.ids('/beneficiaries')];
      if (accounts.length > 0 && beneficiaries.length > 0) return { accounts, beneficiaries };
      await sleep(100);
    }
  }

  /** Sends an order until there is a response. Retries it when it failed on the way. */
  async order(wish: Wish, isUp: () => Promise<void>): Promise<void> {
    const initiation = await this.engine.initiate(wish);
    while (!this.answers.has(wish.reference)) {
      await isUp();
      if (initiation.status === 'FAILED') await this.engine.retry(initiation);
    }
  }

  /** Retries initiations that are FAILED, independent of the order's result. The response must be the first one again. */
  async retryFailed(share: number): Promise<number> {
    const failed = [...this.engine.initiations.values()].filter(({ status }) => status === 'FAILED');
    const chosen = failed.filter((initiation) => initiation.related.size === 0 || this.random() < share);
    for (const initiation of chosen) await this.engine.retry(initiation);
    return chosen.length;
  }

  /** Polls the transactions. The caller handles the errors of a gateway that is down. */
  async poll(): Promise<void> {
    await this.client.poll('transactions');
  }

  async repeat(wish: Wish): Promise<Posted> {
    return this.send(pathOf(wish), requestOf(wish), wish.reference);
  }

  async settle(): Promise<void> {
    while (this.repeats.size > 0) await Promise.all(this.repeats);
  }

  close(): void {
    this.pages.close();
    this.orders.close();
  }

  private async post(path: OrderPath, body: string): Promise<Posted> {
    const { idempotencyKey: reference } = JSON.parse(body) as { idempotencyKey: string };
    if (this.random() < TWICE) this.track(this.send(path, body, reference));
    if (this.random() < AGAIN) {
      this.track(sleep(this.random() * LATER).then(() => this.send(path, body, reference)));
    }
    return this.send(path, body, reference);
  }

  private async send(path: OrderPath, body: string, reference: string): Promise<Posted> {
    this.requests++;
    const began = performance.now();
    const posted = await this.orders.post(path, body);
    const end = typeof posted === 'string' ? posted : String(posted.status);
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
    if (typeof posted === 'object') this.note(reference, posted, performance.now() - began);
    return posted;
  }

  private note(reference: string, { status, body }: { status: number; body: string }, took: number): void {
    if (status !== 201) return void this.surprises.push(`${reference}: ${status} ${body}`);
    if (took > PROMISED) this.late++;
    const first = this.answers.get(reference);
    if (first === undefined) this.answers.set(reference, body);
    else if (first !== body) this.surprises.push(`${reference}: answered ${first}, and then ${body}`);
  }

  private track(repeat: Promise<unknown>): void {
    const tracked = repeat.then(
      () => void this.repeats.delete(tracked),
      () => void this.repeats.delete(tracked),
    );
    this.repeats.add(tracked);
  }

  private async ids(path: string): Promise<string[]> {
    const { body } = await this.pages.get(`${path}?page=1&pageSize=100`);
    return (JSON.parse(body) as { id: string }[]).map(({ id }) => id);
  }
}
