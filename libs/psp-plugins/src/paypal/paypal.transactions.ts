/**
 * Lists transactions. PayPal lists them by their time, but up to three hours late, in no defined order, and changes pending transactions
 * later. So a listing reads three things, each at a limited cost:
 * 1. Pending transactions, by a filter. If a transaction was pending at the last listing and is now missing, PayPal has decided it. It is
 *    then read by its time.
 * 2. New transactions, and the last hours again, window by window, oldest first.
 * 3. Every `rereadEveryHours`, all transactions that can still change.
 */
import { mapSharedIdRows, readText } from '@tributary/connector-api';
import type { Cursor, SharedIdFormat } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import { rereadTimeWindowPages, type RereadTimeWindowsOptions } from '@tributary/connector-api/listing';
import { createTransactionList, getTime, type PaypalContext, RECORD_PATHS } from './paypal.client.js';
import { toUnlinkedRows } from './paypal.mapper.js';
import { PENDING_STATUS, PLUGIN_NAME } from './paypal.vocabulary.js';

const HOUR_MS = 3_600_000;
const isOpen = (row: Json) => readText(row, 'transaction_info', 'transaction_status') === PENDING_STATUS;
/** The properties by which a transaction is recognised when PayPal lists it again. */
const RECORD_FORMAT = {
  ...{ psp: PLUGIN_NAME, paths: RECORD_PATHS, getTime, isOpen },
  metadata: {
    ...{ code: 'transaction_event_code', amount: 'transaction_amount', reference: 'paypal_reference_id' },
  },
};

export function listTransactionPages(context: PaypalContext, since: Cursor | undefined) {
  const { client, settings, feedReader } = context;
  const options: RereadTimeWindowsOptions<Json> = {
    ...createTransactionList(context),
    // PayPal's id is the first part of the id of a row.
    getStableId: (id) => id.replace(/\..*$/s, ''),
    fetchOpenPage: (query, signal) =>
      client.listTransactions(query, signal, { transaction_status: PENDING_STATUS }),
    isOpen,
    changesWithinMs: settings.changesWithinDays * 24 * HOUR_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
  };
  const format: SharedIdFormat = {
    ...RECORD_FORMAT,
    toRows: (row, record) => toUnlinkedRows(row, settings, record),
  };
  const mapRows = (rows: Json[]) => mapSharedIdRows(rows, format, feedReader);
  return rereadTimeWindowPages({ plugin: PLUGIN_NAME, version: 1 }, options, mapRows, since, context);
}
