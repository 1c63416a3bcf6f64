/** The part of PayPal's API that the plugin uses: paths, queries and bodies. Responses stay unchecked `Json` for the mapper. */
import { Injectable } from '@nestjs/common';
import {
  formatAmount,
  formatTime,
  InvalidRecordError,
  parseMoney,
  parseTime,
  readText,
} from '@tributary/connector-api';
import type { FeedReader } from '@tributary/connector-api';
import { PspHttp, PspResponseError } from '@tributary/connector-api/http';
import type { Json, JsonBody } from '@tributary/connector-api/http';
import {
  getTokenOfFirstHalf,
  parseNumberedPage,
  readCount,
  readNumberedPage,
  WindowTooLargeError,
} from '@tributary/connector-api/listing';
import type {
  ListingContext,
  NumberedPage,
  TimeWindowQuery,
  TimeWindowSource,
  TokenPage,
} from '@tributary/connector-api/listing';
import { PaypalSettings } from './paypal.config.js';

/** The objects that the functions of this plugin need. */
export interface PaypalContext extends ListingContext {
  client: PaypalClient;
  settings: PaypalSettings;
  feedReader: FeedReader;
}

const SECOND_MS = 1000;
const DAY_MS = 86_400_000;
/** PayPal's document: "The maximum supported range is 31 days." One day less is used, because a range is extended to whole seconds. */
const MAX_RANGE_MS = 30 * DAY_MS;
/**
 * A time window with more rows is divided before it is read, because the rows of a window are kept in memory. PayPal itself rejects a
 * window with more than 10 000 rows.
 */
const MAX_ROWS_PER_WINDOW = 5_000;
/** `start_date` must be in the last three years. */
export const MAX_HISTORY_MS = 3 * 364 * DAY_MS;

/**
 * The list of transactions. PayPal's document promises no order. `end_date` may be exclusive or inclusive, so a row may be in two windows.
 * Such a row is served once.
 */
export const TRANSACTION_LIST: Omit<TimeWindowSource<Json>, 'fetchPage'> & { maxWindowMs: number } = {
  getId: getRowKey,
  getTime: (row) =>
    parseTime(readTime(row.at('transaction_info'), 'transaction_initiation_date') ?? '')?.milliseconds,
  ...{ order: 'unordered', paging: 'token', resolutionMs: SECOND_MS, maxWindowMs: MAX_RANGE_MS },
};

const PAGE_NAMES = { rows: 'transaction_details', rowCount: 'total_items', pageCount: 'total_pages' };
export const TRANSACTION_ID_PATH = ['transaction_info', 'transaction_id'];

/** Filters of the list of transactions. */
export interface TransactionFilter {
  transaction_status?: string;
  transaction_type?: string;
}

@Injectable()
export class PaypalClient {
  constructor(
    private readonly http: PspHttp,
    private readonly settings: PaypalSettings,
  ) {}

  /** Returns the balances of the account, with its id. Needs `https://uri.paypal.com/services/reporting/balances/read`. */
  getBalances(signal?: AbortSignal): Promise<Json> {
    return this.http.get('/v1/reporting/balances', { signal });
  }

  /**
   * Returns a page of the transactions that affect the balance. Needs `https://uri.paypal.com/services/reporting/search/read`.
   * @throws WindowTooLargeError if the range has too many rows. With a filter, the range is divided instead
   */
  async listTransactions(
    query: TimeWindowQuery,
    signal: AbortSignal,
    filter?: TransactionFilter,
  ): Promise<TokenPage<Json>> {
    const part = parseNumberedPage(query, MAX_RANGE_MS);
    const isDivisible = part.to - part.from > SECOND_MS;
    const response = await this.requestTransactions(part, signal, filter).catch((error: unknown) => {
      if (isDivisible && isErrorAbout(/RESULTSET_TOO_LARGE|result set size/i, error)) return undefined;
      throw error;
    });
    const mayDivide = isDivisible && filter !== undefined;
    if (response === undefined && mayDivide) return { rows: [], next: getTokenOfFirstHalf(part, SECOND_MS) };
    const isTooLarge =
      response === undefined || readCount(response, PAGE_NAMES.rowCount) > MAX_ROWS_PER_WINDOW;
    if (response === undefined || (isTooLarge && isDivisible && !mayDivide))
      throw new WindowTooLargeError('the range has too many transactions');
    return readNumberedPage(response, part, query, { names: PAGE_NAMES, maxRangeMs: MAX_RANGE_MS });
  }

  private requestTransactions(
    { from, to, page }: NumberedPage,
    signal: AbortSignal,
    filter?: TransactionFilter,
  ): Promise<Json> {
    const query = {
      start_date: formatTime(Math.floor(from / SECOND_MS) * SECOND_MS),
      end_date: formatTime(Math.ceil(to / SECOND_MS) * SECOND_MS),
      ...{ fields: 'transaction_info,payer_info', balance_affecting_records_only: 'Y' },
      ...{ page_size: this.settings.pageSize, page, ...filter },
    };
    return this.http.get('/v1/reporting/transactions', { query, signal });
  }

  /** Creates a batch of payouts. Needs `https://uri.paypal.com/payments/payouts`, which PayPal grants on request. */
  createPayoutBatch(body: JsonBody): Promise<Json> {
    return this.http.post('/v1/payments/payouts', { body });
  }

  /** Returns a batch with its items. */
  findPayoutBatch(id: string): Promise<Json | undefined> {
    return this.http.find('/v1/payments/payouts/{id}', { params: { id } });
  }
}

/** Returns whether an error means that PayPal does not have the transactions of this range yet. PayPal's report can be three hours late. */
export function isNotAvailableYet(error: unknown): boolean {
  return isErrorAbout(/start date is not available/i, error);
}

function isErrorAbout(pattern: RegExp, error: unknown): boolean {
  return error instanceof PspResponseError && pattern.test(error.body.toJsonString());
}

/** Returns a time. PayPal writes a zone without a colon: `2026-03-04T05:06:07+0000`. */
export function readTime(json: Json, property: string): string | undefined {
  return readText(json, property)?.replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
}

/**
 * Returns a key that identifies a transaction. PayPal's document: "A transaction ID is not unique in the reporting system". So the key also
 * contains the event code and the amount. If PayPal writes the same amount in another way (`12.5`, `"12.50"`), the key stays the same.
 */
export function getRowKey(row: Json): string {
  const info = row.at('transaction_info');
  const amount = info.at('transaction_amount');
  const texts = ['transaction_id', 'transaction_event_code'].map((name) => readText(info, name));
  const key = [...texts, readText(amount, 'currency_code'), readKeyAmount(amount)];
  return key.includes(undefined) ? row.toJsonString() : key.join('.');
}

/** Returns the amount with the decimal places of its currency. An amount that is not valid is returned as it is: the mapper rejects it. */
function readKeyAmount(amount: Json): string | undefined {
  try {
    return formatAmount(parseMoney(amount.decimal('value'), amount.string('currency_code')));
  } catch (error) {
    if (!(error instanceof InvalidRecordError)) throw error;
    return readText(amount, 'value');
  }
}
