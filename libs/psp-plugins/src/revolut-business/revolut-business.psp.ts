/** Implements the PSP interface for Revolut Business. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import { formatTime, isRejectedRecord, PspError } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
  ListOptions,
  Order,
  OrderResult,
  Page,
  PspClient,
  Stream,
  Transaction,
  WebhookRequest,
} from '@tributary/connector-api';
import { PspResponseError, HTTP_CLOCK, parseRow, systemHttpClock } from '@tributary/connector-api/http';
import type { HttpClock, Json } from '@tributary/connector-api/http';
import { RevolutBusinessClient } from './revolut-business.client.js';
import { RevolutBusinessSettings } from './revolut-business.config.js';
import { listBeneficiaryPages } from './revolut-business.beneficiaries.js';
import { toAccount, toBalances } from './revolut-business.mapper.js';
import {
  isDuplicateRequest,
  toOrderResult,
  toPaymentRequest,
  toTransferRequest,
} from './revolut-business.orders.js';
import { listTransactionPages } from './revolut-business.transactions.js';
import { parseEventStreams, verifyWebhook } from './revolut-business.webhook.js';

const HOUR_MS = 3_600_000;
/** Milliseconds. A search by `request_id` covers at most 14 days. Source: `request_id` of GET /transactions. */
const ORDER_SEARCH_RANGE_MS = 14 * 24 * HOUR_MS - HOUR_MS;

@Injectable()
export class RevolutBusinessPsp implements PspClient {
  private readonly clock: HttpClock;

  constructor(
    private readonly settings: RevolutBusinessSettings,
    private readonly client: RevolutBusinessClient,
    @Optional() @Inject(HTTP_CLOCK) clock: HttpClock | undefined,
  ) {
    this.clock = clock ?? systemHttpClock;
  }

  /** Lists all accounts with their balances in one request. So the plugin has no `balances` method: it would need one request for each account. */
  async *accounts(_since?: Cursor, { signal }: ListOptions = {}): AsyncGenerator<Page<Account>> {
    const at = formatTime(this.clock.now());
    const rows = await this.client.listAccounts(signal);
    // A balance that cannot be read does not cost its account.
    const observed = rows.map((row) => parseRow(row, 'id', (each) => toBalances(each, at)));
    const balances = observed.filter((one): one is Balances => !isRejectedRecord(one));
    const warnings = observed.filter(isRejectedRecord).map(({ id, reason }) => ({
      id: `balance-${id}`,
      message: `the balance of the account ${id} is not served: ${reason}`,
    }));
    const items = rows.map((row) => parseRow(row, 'id', toAccount));
    yield { items, balances, cursor: 'all', ...(warnings.length > 0 && { warnings }) };
  }

  beneficiaries(since?: Cursor, options?: ListOptions): AsyncIterable<Page<Beneficiary>> {
    return listBeneficiaryPages(this.client, this.settings, since, { ...options, clock: this.clock });
  }

  transactions(since?: Cursor, options?: ListOptions): AsyncIterable<Page<Transaction>> {
    return listTransactionPages(this.client, this.settings, since, { ...options, clock: this.clock });
  }

  createPayout(order: Order): Promise<OrderResult> {
    return this.submitOnce(order, () => this.client.createPayment(toPaymentRequest(order)));
  }

  createTransfer(order: Order): Promise<OrderResult> {
    return this.submitOnce(order, () => this.client.createTransfer(toTransferRequest(order)));
  }

  /** Finds an order by Revolut's id. Before that id is known, it searches by the order's key, which Revolut supports for at most 14 days. */
  async findOrder(order: Order): Promise<OrderResult | undefined> {
    if (order.pspId !== undefined) {
      const found = await this.client.getTransaction(order.pspId);
      return found && toOrderResult(found);
    }
    const from = Date.parse(order.createdAt) - HOUR_MS;
    const [found] = await this.client.listTransactions({
      from,
      to: from + ORDER_SEARCH_RANGE_MS,
      requestId: order.idempotencyKey,
    });
    return found && toOrderResult(found);
  }

  webhook(request: WebhookRequest): Stream[] {
    const { webhookSecret } = this.settings;
    if (webhookSecret === undefined) {
      throw new PspError('rejected', 'Revolut: a webhook is refused: the setting webhookSecret is missing');
    }
    verifyWebhook(request, webhookSecret, this.clock.now());
    return parseEventStreams(request.rawBody);
  }

  /**
   * Sends an order. Revolut rejects a repeat with a known request_id. That is not a rejection of the order, so the first one is looked up.
   * @throws PspError `unknown-outcome` when Revolut knows the request_id but does not find the transaction
   */
  private async submitOnce(order: Order, send: () => Promise<Json>): Promise<OrderResult> {
    try {
      return toOrderResult(await send());
    } catch (error) {
      if (!(error instanceof PspResponseError) || !isDuplicateRequest(error.body)) throw error;
      const found = await this.findOrder(order).catch(() => undefined);
      if (found) return found;
      throw new PspError('unknown-outcome', `${error.message}; but it does not find it (yet)`, {
        cause: error,
      });
    }
  }
}
