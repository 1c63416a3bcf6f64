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
import type { Cursor, Transaction, UnlinkedRow } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { rereadTimeWindowPages, type RereadTimeWindowsOptions } from '@tributary/connector-api/listing';
import { createTransactionList, type PaypalContext } from './paypal.client.js';
import { toUnlinkedRows } from './paypal.mapper.js';
import { PENDING_STATUS, PLUGIN_NAME } from './paypal.vocabulary.js';

const HOUR_MS = 3_600_000;
/** The metadata key whose value is the key of a row. The row is served under this key if its transaction id is not unique. */
const RECORD_ID_KEY = `com.${PLUGIN_NAME}.spec/record_id`;
const REFERENCE_KEY = `com.${PLUGIN_NAME}.spec/paypal_reference_id`;

export function listTransactionPages(context: PaypalContext, since: Cursor | undefined) {
  const { client, settings, feedReader } = context;
  const { idPath, ...list } = createTransactionList(context);
  const options: RereadTimeWindowsOptions<Json> = {
    ...list,
    fetchOpenPage: (query, signal) =>
      client.listTransactions(query, signal, { transaction_status: PENDING_STATUS }),
    isOpen: (row) => readText(row, 'transaction_info', 'transaction_status') === PENDING_STATUS,
    changesWithinMs: settings.changesWithinDays * 24 * HOUR_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
  };
  const mapRows = (rows: Json[]) => {
    const parsed = parseRows(rows, idPath, (row) => toUnlinkedRows(row, settings));
    return convertValidRecords<UnlinkedRow, Transaction>(parsed, (valid) =>
      linkRows(linkConversions(sortForLinking(valid), REFERENCE_KEY), feedReader, RECORD_ID_KEY),
    );
  };
  return rereadTimeWindowPages({ plugin: PLUGIN_NAME, version: 1 }, options, mapRows, since, context);
}
