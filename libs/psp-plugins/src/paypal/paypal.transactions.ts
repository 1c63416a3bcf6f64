/**
 * Lists transactions. PayPal lists them by their time, but up to three hours late, in no defined order, and changes pending transactions
 * later. So a listing reads three things, each at a limited cost:
 * 1. Pending transactions, by a filter. If a transaction was pending at the last listing and is now missing, PayPal has decided it. It is
 *    then read by its time.
 * 2. New transactions, and the last hours again, window by window, oldest first.
 * 3. Every `rereadEveryHours`, all transactions that can still change.
 */
import {
  convertValidRecords,
  linkConversions,
  linkRows,
  parseRows,
  readText,
  sortForLinking,
} from '@tributary/connector-api';
import type { Cursor, Page, Transaction, UnlinkedRow } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  convertStepsToPages,
  createCursorFormat,
  isRereadTimeWindowsPosition,
  rereadTimeWindows,
} from '@tributary/connector-api/listing';
import type { RereadTimeWindowsOptions, TimeWindowQuery, TokenPage } from '@tributary/connector-api/listing';
import {
  isNotAvailableYet,
  MAX_HISTORY_MS,
  TRANSACTION_ID_PATH,
  TRANSACTION_LIST,
  type PaypalContext,
  type TransactionFilter,
} from './paypal.client.js';
import { toUnlinkedRows } from './paypal.mapper.js';
import { PENDING_STATUS, PLUGIN_NAME } from './paypal.vocabulary.js';

const HOUR_MS = 3_600_000;
/**
 * PayPal's document: "It takes a maximum of three hours for executed transactions to appear." The fourth hour is a margin for differences
 * between the clocks.
 */
const OVERLAP_MS = 4 * HOUR_MS;
/** The metadata key whose value is the key of a row. The row is served under this key if its transaction id is not unique. */
const RECORD_ID_KEY = `com.${PLUGIN_NAME}.spec/record_id`;
const REFERENCE_KEY = `com.${PLUGIN_NAME}.spec/paypal_reference_id`;

const CURSOR_FORMAT = createCursorFormat({
  plugin: PLUGIN_NAME,
  version: 1,
  isPosition: isRereadTimeWindowsPosition,
});

export async function* listTransactionPages(
  context: PaypalContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const { client, settings, feedReader } = context;
  const options: RereadTimeWindowsOptions<Json> = {
    ...getListingOptions(context),
    fetchOpenPage: (query, signal) =>
      client.listTransactions(query, signal, { transaction_status: PENDING_STATUS }),
    isOpen: (row) => readText(row, 'transaction_info', 'transaction_status') === PENDING_STATUS,
    changesWithinMs: settings.changesWithinDays * 24 * HOUR_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
  };
  const steps = rereadTimeWindows(options, CURSOR_FORMAT.parse(since), context);
  yield* convertStepsToPages(steps, CURSOR_FORMAT, (rows) => {
    const parsed = parseRows(rows, TRANSACTION_ID_PATH, (row) => toUnlinkedRows(row, settings));
    return convertValidRecords<UnlinkedRow, Transaction>(parsed, (valid) =>
      linkRows(linkConversions(sortForLinking(valid), REFERENCE_KEY), feedReader, RECORD_ID_KEY),
    );
  });
}

/**
 * Returns how transactions are listed: all transactions, or the transactions of a filter. PayPal rejects a start that is more than three
 * years ago. If the last hours are not available yet, they count as empty, because each listing reads them again.
 */
export function getListingOptions({ client, settings, clock }: PaypalContext, filter?: TransactionFilter) {
  const now = clock.now();
  const fetchPage = (query: TimeWindowQuery, signal: AbortSignal): Promise<TokenPage<Json>> =>
    client.listTransactions(query, signal, filter).catch((error: unknown) => {
      if (query.from >= clock.now() - OVERLAP_MS && isNotAvailableYet(error)) return { rows: [] };
      throw error;
    });
  const start = Math.min(Math.max(Date.parse(settings.since), now - MAX_HISTORY_MS), now);
  return { ...TRANSACTION_LIST, fetchPage, start, overlapMs: OVERLAP_MS };
}
