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
  Psp,
  Stream,
  Transaction,
  WebhookRequest,
} from '@tributary/connector-api';
import { AnswerError, HTTP_CLOCK, readRow, systemHttpClock } from '@tributary/connector-api/http';
import type { HttpClock, Json } from '@tributary/connector-api/http';
import { RevolutBusinessClient } from './revolut-business.client.js';
import { RevolutBusinessSettings } from './revolut-business.config.js';
import { readCounterpartiesPlace, writePlace } from './revolut-business.cursor.js';
import { readAll, readCounterparties } from './revolut-business.listing.js';
import { toAccount, toBalances, toBeneficiaries } from './revolut-business.mapper.js';
import { DUPLICATE, toResult, writePayment, writeTransfer } from './revolut-business.orders.js';
import { listTransactions } from './revolut-business.transactions.js';
import { readEvent, verifyWebhook } from './revolut-business.webhook.js';

const HOUR = 3_600_000;
/** Revolut's clock can differ from the gateway's clock. */
const CLOCKS_APART = 60_000;
const PAGE = 1_000;
/** Milliseconds. A search by `request_id` covers at most 14 days. Source: `request_id` of GET /transactions. */
const SEARCHED = 14 * 24 * HOUR - HOUR;

@Injectable()
export class RevolutBusinessPsp implements Psp {
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
    const rows = await this.client.accounts();
    const balances: Balances[] = [];
    const items = rows.map((row) =>
      readRow(row, 'id', (each) => {
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
    const place = since === undefined ? undefined : readCounterpartiesPlace(since);
    const isAll = place === undefined || now - place.reread >= this.settings.rereadEveryHours * HOUR;
    const span = { from: isAll ? 0 : place.at - HOUR, to: now + CLOCKS_APART };
    const rows = await readCounterparties(this.client, span, this.settings.pageSize);
    const cursor = writePlace({ at: now, reread: isAll ? now : place.reread });
    if (rows.length === 0) yield { items: [], cursor };
    for (let start = 0; start < rows.length; start += PAGE) {
      const items = rows.slice(start, start + PAGE).flatMap((row) => readAll(row, toBeneficiaries));
      // Pages before the last one keep the old cursor, because the list was read as a whole.
      yield { items, cursor: start + PAGE < rows.length ? (since ?? writePlace(START)) : cursor };
    }
  }

  transactions(since?: Cursor): AsyncIterable<Page<Transaction>> {
    return listTransactions(this.client, this.settings, this.clock.now(), since);
  }

  createPayout(order: Order): Promise<OrderResult> {
    return this.once(order, () => this.client.pay(writePayment(order)));
  }

  createTransfer(order: Order): Promise<OrderResult> {
    return this.once(order, () => this.client.transfer(writeTransfer(order)));
  }

  /** Finds an order by Revolut's id. Before that id is known, it searches by the order's key, which Revolut supports for at most 14 days. */
  async findOrder(order: Order): Promise<OrderResult | undefined> {
    if (order.pspId !== undefined) {
      const found = await this.client.transaction(order.pspId);
      return found && toResult(found);
    }
    const from = Date.parse(order.createdAt) - HOUR;
    const [found] = await this.client.transactions({ from, to: from + SEARCHED, requestId: order.key });
    return found && toResult(found);
  }

  webhook(request: WebhookRequest): Stream[] {
    const { webhookSecret } = this.settings;
    if (webhookSecret === undefined) {
      throw new PspError('rejected', 'Revolut: a webhook is refused: the setting webhookSecret is missing');
    }
    verifyWebhook(request, webhookSecret, this.clock.now());
    return readEvent(request.rawBody);
  }

  /**
   * Sends an order. Revolut rejects a repeat with a known request_id. That is not a rejection of the order, so the first one is looked up.
   * @throws PspError `unknown-outcome` when Revolut knows the request_id but does not find the transaction
   */
  private async once(order: Order, send: () => Promise<Json>): Promise<OrderResult> {
    try {
      return toResult(await send());
    } catch (error) {
      if (!isDuplicate(error)) throw error;
      const found = await this.findOrder(order).catch(() => undefined);
      if (found) return found;
      throw new PspError('unknown-outcome', `${error.message}; but it does not find it (yet)`, {
        cause: error,
      });
    }
  }
}

function isDuplicate(error: unknown): error is AnswerError {
  return (
    error instanceof AnswerError && error.body.has('code') && error.body.at('code').toText() === DUPLICATE
  );
}

const START = { at: 0, reread: 0 };
