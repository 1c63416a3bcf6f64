/**
 * Simulates the Formance installation of one customer at one connector. A model of Formance's engine sends every order. Users are
 * impatient: some orders are sent twice at once or again later, and orders that failed because of a lost connection are retried. All
 * responses to one order must be identical, byte by byte.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GenericConnectorClient } from '../../libs/conformance/src/clients/generic-connector-client.js';
import {
  createClientConnection,
  type ClientConnection,
} from '../../libs/conformance/src/clients/client-connection.js';
import { getClientVersion } from '../../libs/conformance/src/clients/client-versions.js';
import type { PayingConnector } from './deployment.js';
import { FormanceEngine } from './formance-engine.js';
import { createOrderConnection, type OrderConnection } from './http-post.js';
import type { OrderParties } from './generate-payment-request.js';
import type { RequestResult } from './interpret-order-response.js';
import { getOrderPath, createRequestBody, type OrderPath, type PaymentRequest } from './payment-request.js';

/** The maximum delay between two attempts in milliseconds. The delays of the real engine grow to 100 s, which is too long for a test. */
const MAX_DELAY_MS = 1500;
/**
 * Three values: the share of the requests that are sent twice at once, the share of the requests that are sent again later, and the maximum
 * delay of a later request in milliseconds.
 */
const DUPLICATE_SHARE = 0.2;
const REPEAT_SHARE = 0.1;
const MAX_REPEAT_DELAY_MS = 4000;
/** Time in milliseconds within which an order is answered, including the transport. */
const PROMISED_RESPONSE_MS = 8500;

export class Customer {
  readonly engine: FormanceEngine;
  /** The first response to each order, by reference. */
  readonly firstResponses = new Map<string, string>();
  /** The responses that a customer must never get. */
  readonly unexpectedResponses: string[] = [];
  readonly endCounts = new Map<string, number>();
  requestCount = 0;
  /** The number of responses that took longer than promised. They are only counted, because a busy machine can cause late responses. */
  lateResponseCount = 0;
  private readonly client: GenericConnectorClient;
  private readonly pages: ClientConnection;
  private readonly orders: OrderConnection;
  private readonly repeats = new Set<Promise<void>>();

  constructor(
    readonly connector: PayingConnector,
    url: string,
    private readonly random: () => number,
  ) {
    const endpoint = `${url}/${connector.name}`;
    this.pages = createClientConnection(endpoint, connector.key);
    this.orders = createOrderConnection(endpoint, connector.key);
    const version = getClientVersion('v3.4.0');
    this.engine = new FormanceEngine(version, {
      post: (path, body) => this.post(path, body),
      now: () => Date.now(),
      sleep: (milliseconds) => sleep(Math.min(milliseconds, MAX_DELAY_MS)),
    });
    this.client = new GenericConnectorClient(version, this.pages.get, this.engine);
  }

  /** Waits until the gateway serves accounts and beneficiaries, and returns their ids. */
  async waitForParties(): Promise<OrderParties> {
    for (;;) {
      const [accounts, beneficiaries] = [
        await this.listIds('/accounts'),
        await this.listIds('/beneficiaries'),
      ];
      if (accounts.length > 0 && beneficiaries.length > 0) return { accounts, beneficiaries };
      await sleep(100);
    }
  }

  /** Sends an order until there is a response. If the order failed because of the connection, the initiation is retried. */
  async sendOrder(wish: PaymentRequest, waitUntilUp: () => Promise<void>): Promise<void> {
    const initiation = await this.engine.initiate(wish);
    while (!this.firstResponses.has(wish.reference)) {
      await waitUntilUp();
      if (initiation.status === 'FAILED') await this.engine.retry(initiation);
    }
  }

  /** Retries initiations that are FAILED, even if the order has another result. The response must be the first response again. */
  async retryFailed(share: number): Promise<number> {
    const failed = [...this.engine.initiations.values()].filter(({ status }) => status === 'FAILED');
    const chosen = failed.filter(
      (initiation) => initiation.linkedPaymentIds.size === 0 || this.random() < share,
    );
    for (const initiation of chosen) await this.engine.retry(initiation);
    return chosen.length;
  }

  /** Polls the transactions. If the gateway is down, the caller handles the errors. */
  async poll(): Promise<void> {
    await this.client.poll('transactions');
  }

  async repeat(wish: PaymentRequest): Promise<RequestResult> {
    return this.send(getOrderPath(wish), createRequestBody(wish), wish.reference);
  }

  async waitForRepeats(): Promise<void> {
    while (this.repeats.size > 0) await Promise.all(this.repeats);
  }

  close(): void {
    this.pages.close();
    this.orders.close();
  }

  private async post(path: OrderPath, body: string): Promise<RequestResult> {
    const { idempotencyKey: reference } = JSON.parse(body) as { idempotencyKey: string };
    if (this.random() < DUPLICATE_SHARE) this.trackRepeat(this.send(path, body, reference));
    if (this.random() < REPEAT_SHARE) {
      this.trackRepeat(
        sleep(this.random() * MAX_REPEAT_DELAY_MS).then(() => this.send(path, body, reference)),
      );
    }
    return this.send(path, body, reference);
  }

  private async send(path: OrderPath, body: string, reference: string): Promise<RequestResult> {
    this.requestCount++;
    const began = performance.now();
    const posted = await this.orders.post(path, body);
    const end = typeof posted === 'string' ? posted : String(posted.status);
    this.endCounts.set(end, (this.endCounts.get(end) ?? 0) + 1);
    if (typeof posted === 'object') this.recordResponse(reference, posted, performance.now() - began);
    return posted;
  }

  private recordResponse(
    reference: string,
    { status, body }: { status: number; body: string },
    durationMs: number,
  ): void {
    if (status !== 201) return void this.unexpectedResponses.push(`${reference}: ${status} ${body}`);
    if (durationMs > PROMISED_RESPONSE_MS) this.lateResponseCount++;
    const first = this.firstResponses.get(reference);
    if (first === undefined) this.firstResponses.set(reference, body);
    else if (first !== body)
      this.unexpectedResponses.push(`${reference}: answered ${first}, and then ${body}`);
  }

  private trackRepeat(repeat: Promise<unknown>): void {
    const tracked = repeat.then(
      () => void this.repeats.delete(tracked),
      () => void this.repeats.delete(tracked),
    );
    this.repeats.add(tracked);
  }

  private async listIds(path: string): Promise<string[]> {
    const { body } = await this.pages.get(`${path}?page=1&pageSize=100`);
    const rows = JSON.parse(body) as { id: string }[] | object;
    // The response is an error if the gateway does not serve this list yet.
    return Array.isArray(rows) ? (rows as { id: string }[]).map(({ id }) => id) : [];
  }
}
