/**
 * The plugin for the reference PSP. This PSP lists the transactions of each account newest first, with times in whole seconds. Rows appear
 * at most one hour late and can change for two days. The plugin reads time windows, oldest window first, and reads a window again if its
 * rows can still change. The accounts are read in turn.
 */
import { Inject, Injectable, Optional } from '@nestjs/common';
import {
  FEED_READER,
  formatTime,
  parseRowToRecords,
  readText,
  verifyHmac,
  verifyTimestamp,
  withdrawMissingParts,
} from '@tributary/connector-api';
import type {
  Account,
  Balances,
  Beneficiary,
  Cursor,
  FeedReader,
  Order,
  OrderResult,
  Page,
  PspClient,
  RejectedRecord,
  Stream,
  Transaction,
  WebhookRequest,
} from '@tributary/connector-api';
import { HTTP_CLOCK, parseRow, submitOrder, systemHttpClock } from '@tributary/connector-api/http';
import type { HttpClock, Json } from '@tributary/connector-api/http';
import {
  createCursorFormat,
  createLoopError,
  createMergePositionCheck,
  mergeListings,
  convertStepsToPages,
  requireOrderObject,
} from '@tributary/connector-api/listing';
import type { ListingStep, MergeSource } from '@tributary/connector-api/listing';
import { ReferenceClient } from './reference.client.js';
import { ReferenceSettings } from './reference.config.js';
import {
  readMoney,
  requireSupportedAsset,
  toAccount,
  toBalances,
  toBeneficiary,
  toOrderResult,
  toSurcharge,
  toTransactions,
} from './reference.mapper.js';

const DAY = 86_400_000;
const MAX_CHANGE_AGE_MS = 2 * DAY;
/** The error code with which the PSP declines an idempotency key that it has already received. */
const DUPLICATE_KEY_CODE = '17';
const SIGNATURE_HEADER = 'x-reference-signature';
const TIMESTAMP_HEADER = 'x-reference-timestamp';

const CURSOR_FORMAT = createCursorFormat({
  plugin: 'reference',
  version: 1,
  isPosition: createMergePositionCheck((value): value is string => typeof value === 'string'),
});

@Injectable()
export class ReferencePsp implements PspClient {
  constructor(
    private readonly client: ReferenceClient,
    private readonly settings: ReferenceSettings,
    @Inject(FEED_READER) private readonly feedReader: FeedReader,
    @Optional() @Inject(HTTP_CLOCK) private readonly clock: HttpClock = systemHttpClock,
  ) {}

  accounts(since?: Cursor): AsyncIterable<Page<Account>> {
    return this.list('accounts', toAccount, since);
  }

  beneficiaries(since?: Cursor): AsyncIterable<Page<Beneficiary>> {
    return this.list('payees', toBeneficiary, since);
  }

  async *transactions(since?: Cursor): AsyncGenerator<Page<Transaction>> {
    const sources = await this.listSources();
    const steps = mergeListings(sources, CURSOR_FORMAT.parse(since));
    const convert: (rows: Json[]) => Page<Transaction>['items'] = (rows) => rows.flatMap(parseTransactions);
    yield* convertStepsToPages(steps, CURSOR_FORMAT, async (rows) => {
      const [records, objectIds] = [convert(rows), rows.flatMap((row) => readText(row, 'id') ?? [])];
      return withdrawMissingParts(records, { objectIds, listPartIds }, this.feedReader);
    });
  }

  /** Returns one source for each account, because the transactions are listed separately for each account. */
  private async listSources(): Promise<MergeSource<Json, string>[]> {
    const sources: MergeSource<Json, string>[] = [];
    for await (const { items } of this.accounts()) {
      for (const { id } of items) sources.push({ id, list: (since) => this.listTransactions(id, since) });
    }
    return sources;
  }

  /** Lists the transactions of one account. The position is the time at which the next listing starts. */
  private async *listTransactions(
    account: string,
    since: string | undefined,
  ): AsyncGenerator<ListingStep<Json, string>> {
    const start = Date.parse(since ?? this.settings.since);
    // The end is computed once, before the first request. Rows that were not final at this time can change after they were read.
    const end = this.clock.now();
    const settled = Math.max(start, end - MAX_CHANGE_AGE_MS);
    for (let from = start; from < end;) {
      const to = Math.min(from + DAY, end);
      const rows = await this.readWindow(account, from, to);
      const cursor = formatTime(Math.min(to, settled));
      if (rows.length > 0) yield { rows, position: cursor };
      from = to;
    }
  }

  async balances(accountId: string): Promise<Balances> {
    return toBalances(accountId, await this.client.balance(accountId));
  }

  async createPayout(order: Order): Promise<OrderResult> {
    requireSupportedAsset(order);
    return submitOrder({
      send: async () => toOrderResult(await this.client.pay(order)),
      isDuplicate: (body) => readText(body, 'code') === DUPLICATE_KEY_CODE,
      find: () => this.findOrder(order),
    });
  }

  createTransfer(order: Order): Promise<OrderResult> {
    return this.createPayout(order);
  }

  async findOrder(order: Order): Promise<OrderResult | undefined> {
    const payment = await this.client.payment(order.idempotencyKey);
    const found = requireOrderObject(payment, order, {
      getKey: (row) => readText(row, 'key'),
      getAmount: readMoney,
    });
    return found && toOrderResult(found);
  }

  webhook({ headers, rawBody }: WebhookRequest): Stream[] {
    const timestamp = headers[TIMESTAMP_HEADER] ?? '';
    verifyHmac({
      header: SIGNATURE_HEADER,
      signatures: [headers[SIGNATURE_HEADER] ?? ''],
      secrets: [this.settings.webhookSecret],
      signed: [`${timestamp}.`, rawBody],
    });
    const at = timestamp === '' ? NaN : Number(timestamp);
    verifyTimestamp({ header: TIMESTAMP_HEADER, at, now: this.clock.now() });
    return ['transactions'];
  }

  /** Lists accounts or payees. The cursor is the id of the last listed object. */
  private async *list<T extends { id: string }>(
    what: 'accounts' | 'payees',
    read: (row: Json) => T,
    since: Cursor | undefined,
  ): AsyncGenerator<Page<T>> {
    let last = since;
    for (;;) {
      const { rows, next } = await this.client.list(what, last);
      last = rows.at(-1)?.string('id') ?? last;
      if (rows.length > 0) yield { items: rows.map((row) => parseRow(row, 'id', read)), cursor: last ?? '' };
      if (next === undefined) return;
    }
  }

  /** Returns the rows of one window, oldest first. */
  private async readWindow(account: string, from: number, to: number): Promise<Json[]> {
    const rows: Json[] = [];
    const tokens = new Set<string>();
    let next: string | undefined;
    do {
      let page = await this.client.transactions(account, from, to, next);
      // A fault can look like an empty list, and old windows are not read again.
      if (page.rows.length === 0) page = await this.client.transactions(account, from, to, next);
      rows.push(...page.rows);
      next = page.next;
      if (next !== undefined && tokens.has(next)) throw createLoopError(next);
      if (next !== undefined) tokens.add(next);
    } while (next !== undefined);
    return rows.reverse();
  }
}

function parseTransactions(row: Json): (Transaction | RejectedRecord)[] {
  return parseRowToRecords(row, 'id', (movement, add) => {
    const id = movement.string('id');
    add(id, () => toTransactions(movement));
    if (movement.has('surcharge')) add(`${id}-surcharge`, () => toSurcharge(movement));
  });
}

/** A movement has one surcharge. */
function listPartIds(id: string, number: number): string[] {
  return number === 0 ? [`${id}-surcharge`] : [];
}
