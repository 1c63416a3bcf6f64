/**
 * Lists transfers. Adyen lists them by the time of their creation only, and has no filter for changes. So a listing reads, each at a bounded cost:
 * 1. The transfers that are open, again.
 * 2. New transfers and those of the last hour, window by window, oldest first. Every `rereadEveryHours` it reads all that can still change.
 * 3. The bookings (GET /transactions) since the last listing. A booking that no row contains belongs to a transfer that changed, however old that
 *    transfer is: a payout that returns after months. Such a transfer is requested by its id, again and again until it contains the booking.
 */
import {
  convertValidRecords,
  linkRows,
  parseRows,
  readText,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Cursor, Page, Transaction, TransactionStatus } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as listing from '@tributary/connector-api/listing';
import { ADYEN_LISTS, getRowId, type AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { readPaymentId, toUnlinkedRows } from './adyen-balance-platform.mapper.js';
import * as words from './adyen-balance-platform.vocabulary.js';

const HOUR_MS = 3_600_000;

const CURSOR_FORMAT = listing.createCursorFormat({
  plugin: words.PLUGIN_NAME,
  version: 1,
  isPosition: listing.createListThenChangesPositionCheck(
    listing.isRereadTimeWindowsPosition,
    listing.isTimeWindowsPosition,
  ),
});

export async function* listTransactionPages(
  context: AdyenBalancePlatformContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const { client, clock, settings, feedReader } = context;
  const lists = { ...ADYEN_LISTS, start: Date.parse(settings.since) };
  const transfers: listing.RereadTimeWindowsOptions<Json> = {
    ...{ ...lists, fetchPage: (query, signal) => client.listByTime('transfers', query, signal) },
    isOpen: (row) => readStatus(row) === 'PENDING',
    changesWithinMs: settings.changesWithinDays * 24 * HOUR_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
  };
  const bookings: listing.TimeWindowsReadOnceOptions<Json> = {
    ...{ ...lists, fetchPage: (query, signal) => client.listByTime('transactions', query, signal) },
  };
  const events = listing.createBookingChanges<listing.TimeWindowsPosition>({
    ...{ getRowId, readReference, listServedIds, containsBooking, feedReader },
    listBookings: (position) => listing.timeWindowsReadOnce(bookings, position, context),
    fetchObject: (id, signal) => client.findTransfer(id, signal),
    keys: { booking: words.ROW_KEYS.booking, account: words.ROW_KEYS.account },
  });
  const list = (position: listing.RereadTimeWindowsPosition | undefined) =>
    listing.rereadTimeWindows(transfers, position, context);
  // The first listing of the transfers contains all earlier bookings.
  const firstEvents = { at: Math.max(lists.start, clock.now() - ADYEN_LISTS.overlapMs), span: HOUR_MS };
  const start = CURSOR_FORMAT.parse(since) ?? { changes: { events: firstEvents, pending: [], seen: [] } };
  const steps = listing.listThenChanges({ list, events }, start, context);
  yield* listing.convertStepsToPages(steps, CURSOR_FORMAT, (rows) =>
    convertValidRecords(parseRows(rows, 'id', toUnlinkedRows), (valid) =>
      linkRows(valid, feedReader, words.ROW_KEYS.ownId),
    ),
  );
}

function readReference(booking: Json): listing.BookingReference | undefined {
  const [objectId, bookingId] = [readText(booking, 'transfer', 'id'), readText(booking, 'id')];
  const accountId = readText(booking, 'balanceAccount', 'id');
  if (objectId === undefined || bookingId === undefined || accountId === undefined) return undefined;
  const paymentId = readPaymentId(booking, booking.at('transfer', 'categoryData'));
  return { objectId, bookingId, accountId, paymentId };
}

function listServedIds({ objectId, bookingId, paymentId = objectId }: listing.BookingReference): string[] {
  const ids = [objectId, `${objectId}.incoming`].flatMap((id) => [id, `${id}.returned`]);
  return [...ids, `${objectId}.${bookingId}`, paymentId];
}

/** A status that Adyen adds later counts as open, because it is not known to be final. */
function readStatus(transfer: Json): TransactionStatus {
  return translateOrDefault(words.TRANSFER_STATUSES, readText(transfer, 'status') ?? '', 'PENDING');
}

/** The row of the other side of an internal transfer stands for both sides. Of a transfer without the ids of its bookings, the status decides. */
function containsBooking(transfer: Json, { bookingId, accountId }: listing.BookingReference): boolean {
  const events = transfer.at('events').toJsonString();
  if (readText(transfer, 'balanceAccount', 'id') !== accountId) return true;
  if (events.includes('"transactionId"')) return events.includes(JSON.stringify(bookingId));
  return words.BOOKED_STATUSES.includes(readStatus(transfer));
}
