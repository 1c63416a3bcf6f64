/** The part of PayPal's API that the plugin uses: paths, queries and bodies. Responses stay unchecked `Json` for the mapper. */
import { Injectable } from '@nestjs/common';
import { formatTime, parseMoney, parseTime, readRecordKey, readText } from '@tributary/connector-api';
import type { FeedReader, Money } from '@tributary/connector-api';
import { PspHttp, PspResponseError } from '@tributary/connector-api/http';
import type { Json, JsonBody, SigningCertificates } from '@tributary/connector-api/http';
import { fetchNumberedPage } from '@tributary/connector-api/listing';
import type {
  ListingContext,
  NumberedPage,
  PayeeListingOptions,
  TimeWindowQuery,
  TokenPage,
} from '@tributary/connector-api/listing';
import { PaypalSettings } from './paypal.config.js';

/** The objects that the functions of this plugin need. */
export interface PaypalContext extends ListingContext {
  client: PaypalClient;
  settings: PaypalSettings;
  feedReader: FeedReader;
  certificates: SigningCertificates;
}

const SECOND_MS = 1000;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** PayPal's document: "The maximum supported range is 31 days." One day less is used, because a range is extended to whole seconds. */
const MAX_RANGE_MS = 30 * DAY_MS;
/**
 * A time window with more rows is divided before it is read, because the rows of a window are kept in memory. PayPal itself rejects a
 * window with more than 10 000 rows.
 */
const MAX_ROWS_PER_WINDOW = 5_000;
/** `start_date` must be in the last three years. */
const MAX_HISTORY_MS = 3 * 364 * DAY_MS;
/**
 * PayPal's document: "It takes a maximum of three hours for executed transactions to appear." The fourth hour is a margin for differences
 * between the clocks.
 */
const OVERLAP_MS = 4 * HOUR_MS;

export const INITIATION_DATE = 'transaction_initiation_date';
/** Further properties that tell transactions with one id, time, code and amount apart. */
const DISTINCT_NAMES = ['paypal_reference_id', 'invoice_id', 'custom_field'];
export const RECORD_PATHS = {
  id: ['transaction_info', 'transaction_id'],
  code: ['transaction_info', 'transaction_event_code'],
  currency: ['transaction_info', 'transaction_amount', 'currency_code'],
  amount: ['transaction_info', 'transaction_amount', 'value'],
};

/**
 * The list of transactions. PayPal's document promises no order. `end_date` may be exclusive or inclusive, so a row may be in two windows.
 * "A transaction ID is not unique in the reporting system", so the id of a row contains all properties that tell transactions with one id apart.
 */
const TRANSACTION_LIST = {
  getId: (row) => {
    const more = DISTINCT_NAMES.map((name) => readText(row, 'transaction_info', name));
    return [readRecordKey(row, RECORD_PATHS), getTime(row), ...more].join('.');
  },
  ...{ getTime, idPath: RECORD_PATHS.id, order: 'unordered', paging: 'token' },
  ...{ resolutionMs: SECOND_MS, maxWindowMs: MAX_RANGE_MS, overlapMs: OVERLAP_MS },
} satisfies Partial<PayeeListingOptions>;

const NUMBERED_LIST = {
  names: { rows: 'transaction_details', rowCount: 'total_items', pageCount: 'total_pages' },
  ...{ maxRangeMs: MAX_RANGE_MS, resolutionMs: SECOND_MS },
};

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
   * Returns a page of the transactions that affect the balance. Needs `https://uri.paypal.com/services/reporting/search/read`. If PayPal
   * does not have the transactions of the last hours yet, the page has no rows, because each listing reads these hours again.
   * @throws WindowTooLargeError if the range has too many rows. With a filter, the range is divided instead
   */
  listTransactions(
    query: TimeWindowQuery,
    signal: AbortSignal,
    filter?: TransactionFilter,
  ): Promise<TokenPage<Json>> {
    return fetchNumberedPage(query, {
      ...NUMBERED_LIST,
      maxRowCount: filter === undefined ? MAX_ROWS_PER_WINDOW : undefined,
      pageSize: this.settings.pageSize,
      // The document's name for a request that violates the schema. It names no error for a page that does not exist.
      isRefusalOfPage: (error) => isErrorAbout(/"name":\s*"INVALID_REQUEST"/, error),
      isRefusalAsTooLarge: (error) => isErrorAbout(/RESULTSET_TOO_LARGE|result set size/i, error),
      requestPart: (part) => this.requestTransactions(part, signal, filter),
    }).catch((error: unknown) => {
      const isRecent = query.from >= this.http.clock.now() - OVERLAP_MS;
      if (isRecent && isErrorAbout(/start date is not available/i, error)) return { rows: [] };
      throw error;
    });
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

/**
 * Returns how transactions are listed: all transactions, or the transactions of a filter. PayPal rejects a start that is more than three
 * years ago.
 */
export function createTransactionList(
  { client, settings, clock }: PaypalContext,
  filter?: TransactionFilter,
) {
  const now = clock.now();
  const fetchPage = (query: TimeWindowQuery, signal: AbortSignal) =>
    client.listTransactions(query, signal, filter);
  const start = Math.min(Math.max(Date.parse(settings.since), now - MAX_HISTORY_MS), now);
  return { ...TRANSACTION_LIST, fetchPage, start };
}

function isErrorAbout(pattern: RegExp, error: unknown): boolean {
  return error instanceof PspResponseError && pattern.test(error.body.toJsonString());
}

/** Returns the time at which a transaction began, in milliseconds since 1970. PayPal does not change it. */
export function getTime(row: Json): number | undefined {
  return parseTime(readTime(row.at('transaction_info'), INITIATION_DATE) ?? '')?.milliseconds;
}

/** Returns a time. PayPal writes a zone without a colon: `2026-03-04T05:06:07+0000`. */
export function readTime(json: Json, property: string): string | undefined {
  return readText(json, property)?.replace(/([+-]\d\d)(\d\d)$/, '$1:$2');
}

export function parseMoneyObject(money: Json): Money {
  return parseMoney(money.decimal('value'), money.string('currency_code'));
}
