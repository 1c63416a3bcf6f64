/** Implements the PSP interface for Revolut Business. */
import { Inject, Injectable, Optional } from '@nestjs/common';
import { formatTime, PspError } from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
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
import { parseCounterpartiesCursor, serializeCursor } from './revolut-business.cursor.js';
import { parseRowItems, readCounterparties } from './revolut-business.listing.js';
import { toAccount, toBalances, toBeneficiaries } from './revolut-business.mapper.js';
import {
  DUPLICATE_REQUEST_CODE,
  toOrderResult,
  toPaymentRequest,
  toTransferRequest,
} from './revolut-business.orders.js';
import { listTransactionPages } from './revolut-business.transactions.js';
import { parseEventStreams, verifyWebhook } from './revolut-business.webhook.js';

const HOUR_MS = 3_600_000;
/** Revolut's clock can differ from the gateway's clock. */
const MAX_CLOCK_SKEW_MS = 60_000;
const MAX_ROWS_PER_PAGE = 1_000;
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
  async *accounts(): AsyncGenerator<Page<Account>> {
    const at = formatTime(this.clock.now());
    const rows = await this.client.listAccounts();
    const balances: Balances[] = [];
    const items = rows.map((row) =>
      parseRow(row, 'id', (each) => {
        const account = toAccount(each);
        balances.push(toBalances(each, at));
        return account;
      }),
    );
    yield { items, balances, cursor: 'all' };
  }

  /** Lists new counterparties. Every `rereadEveryHours` it lists all of them, to see changes. */
  async *beneficiaries(since?: Cursor): AsyncGenerator<Page<Beneficiary>> {
    const now = this.clock.now();
    const position = since === undefined ? undefined : parseCounterpartiesCursor(since);
    const isAll = position === undefined || now - position.reread >= this.settings.rereadEveryHours * HOUR_MS;
    const span = { from: isAll ? 0 : position.at - HOUR_MS, to: now + MAX_CLOCK_SKEW_MS };
    const rows = await readCounterparties(this.client, span, this.settings.pageSize);
    const cursor = serializeCursor({ at: now, reread: isAll ? now : position.reread });
    if (rows.length === 0) yield { items: [], cursor };
    for (let start = 0; start < rows.length; start += MAX_ROWS_PER_PAGE) {
      const items = rows
        .slice(start, start + MAX_ROWS_PER_PAGE)
        .flatMap((row) => parseRowItems(row, toBeneficiaries));
      // Pages before the last one keep the old cursor, because the list was read as a whole.
      yield {
        items,
        cursor:
          start + MAX_ROWS_PER_PAGE < rows.length
            ? (since ?? serializeCursor(INITIAL_COUNTERPARTIES_CURSOR))
            : cursor,
      };
    }
  }

  transactions(since?: Cursor): AsyncIterable<Page<Transaction>> {
    return listTransactionPages(this.client, this.settings, this.clock.now(), since);
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
      if (!isDuplicateRequest(error)) throw error;
      const found = await this.findOrder(order).catch(() => undefined);
      if (found) return found;
      throw new PspError('unknown-outcome', `${error.message}; but it does not find it (yet)`, {
        cause: error,
      });
    }
  }
}

function isDuplicateRequest(error: unknown): error is PspResponseError {
  return (
    error instanceof PspResponseError &&
    error.body.has('code') &&
    error.body.at('code').toJsonString() === DUPLICATE_REQUEST_CODE
  );
}

const INITIAL_COUNTERPARTIES_CURSOR = { at: 0, reread: 0 };
