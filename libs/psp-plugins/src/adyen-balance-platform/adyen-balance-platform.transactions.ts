/**
 * Lists transfers. Adyen lists them by the time of their creation only, and has no filter for changes. So a listing reads, each at a bounded cost:
 * 1. The transfers that are open, again.
 * 2. New transfers and those of the last hour, window by window, oldest first. Every `rereadEveryHours` it reads all that can still change.
 * 3. The bookings (GET /transactions) since the last listing. A booking that no row contains belongs to a transfer that changed, however old that
 *    transfer is: a payout that returns after months. Such a transfer is requested by its id.
 */
import {
  convertValidRecords,
  linkRows,
  parseRows,
  readText,
  translateOrDefault,
} from '@tributary/connector-api';
import type { Cursor, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as listing from '@tributary/connector-api/listing';
import type { RereadTimeWindowsPosition, TimeWindowsPosition } from '@tributary/connector-api/listing';
import { ADYEN_LISTS, getRowId, type AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { readPaymentId, toUnlinkedRows } from './adyen-balance-platform.mapper.js';
import { PLUGIN_NAME, TRANSFER_STATUSES } from './adyen-balance-platform.vocabulary.js';

const HOUR_MS = 3_600_000;
/** Milliseconds that every listing reads again, because rows can appear late and clocks differ. */
const OVERLAP_MS = HOUR_MS;
/** Number of bookings that are looked up in the feed at once. */
const BOOKINGS_PER_LOOKUP = 20;
const [OWN_ID_KEY = '', TRANSACTION_ID_KEY = '', ACCOUNT_ID_KEY = ''] = [
  ...['transfer_id', 'transaction_id', 'balance_account_id'].map((key) => `com.${PLUGIN_NAME}.spec/${key}`),
];

const CURSOR_FORMAT = listing.createCursorFormat({
  plugin: PLUGIN_NAME,
  version: 1,
  isPosition: listing.createListThenChangesCheck(
    listing.isRereadTimeWindowsPosition,
    listing.isTimeWindowsPosition,
  ),
});

export async function* listTransactionPages(
  context: AdyenBalancePlatformContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const { client, clock, settings, feedReader } = context;
  const lists = { ...ADYEN_LISTS, start: Date.parse(settings.since), overlapMs: OVERLAP_MS };
  const transfers: listing.RereadTimeWindowsOptions<Json> = {
    ...{ ...lists, fetchPage: (query, signal) => client.listTransfers(query, signal) },
    isOpen: (row) => isOpenStatus(readText(row, 'status') ?? ''),
    changesWithinMs: settings.changesWithinDays * 24 * HOUR_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
  };
  const bookings: listing.TimeWindowsOptions<Json> = {
    ...{ ...lists, fetchPage: (query, signal) => client.listTransactions(query, signal) },
  };
  const missing: BookingReference[] = [];
  const events: listing.ChangesSource<Json, TimeWindowsPosition, Json> = {
    listEvents: (position) => listing.timeWindows(bookings, position, context),
    ...{ getEventId: getRowId, getObjectId: serializeBooking, getId: getRowId },
    fetchObjects: async (ids, signal) => {
      const changed = await fetchChangedTransfers(context, ids, signal);
      missing.push(...changed.missing);
      return changed.transfers;
    },
    maxIdsPerRequest: BOOKINGS_PER_LOOKUP,
  };
  const list = (position: RereadTimeWindowsPosition | undefined) =>
    listing.rereadTimeWindows(transfers, position, context);
  // The first listing of the transfers contains all earlier bookings.
  const firstEvents = { at: Math.max(lists.start, clock.now() - OVERLAP_MS), span: HOUR_MS };
  const start = CURSOR_FORMAT.parse(since) ?? { changes: { events: firstEvents, pending: [], seen: [] } };
  const steps = forgetMissingBookings(listing.listThenChanges({ list, events }, start, context), missing);
  yield* listing.convertStepsToPages(steps, CURSOR_FORMAT, (rows) =>
    convertValidRecords(parseRows(rows, 'id', toUnlinkedRows), (valid) =>
      linkRows(valid, feedReader, OWN_ID_KEY),
    ),
  );
}

/**
 * Reports bookings that their transfers do not contain (yet) as warnings, and removes them from the seen ones. Each listing of the next hour lists them
 * again, and requests the transfer again.
 * @param missing bookings that were missing so far. The listing appends to it
 */
async function* forgetMissingBookings<
  Step extends listing.ListingStep<Json, { changes: listing.ChangesPosition<TimeWindowsPosition> }>,
>(steps: AsyncIterable<Step>, missing: readonly BookingReference[]): AsyncGenerator<Step> {
  for await (const step of steps) {
    const { changes } = step.position;
    const ids = new Set(missing.map(({ transactionId, accountId }) => `${transactionId}/${accountId}`));
    const seen = changes.seen.filter((id) => !ids.has(id));
    const warnings = missing.map(({ transactionId, transferId, accountId }) => ({
      id: `missing-booking-${transactionId}`,
      message: `the booking ${transactionId} on ${accountId} is not served, because its transfer ${transferId} does not contain it`,
    }));
    yield {
      ...step,
      warnings: [...(step.warnings ?? []), ...warnings],
      position: { ...step.position, changes: { ...changes, seen } },
    };
  }
}

/** A status that Adyen adds later counts as open, because it is not known to be final. */
function isOpenStatus(word: string): boolean {
  return translateOrDefault(TRANSFER_STATUSES, word, 'PENDING') === 'PENDING';
}

/** What must be known of a booking to find it in the feed. */
interface BookingReference {
  transferId: string;
  transactionId: string;
  accountId: string;
  paymentId?: string | undefined;
}

function serializeBooking(booking: Json): string | undefined {
  const [transferId, transactionId] = [readText(booking, 'transfer', 'id'), readText(booking, 'id')];
  const accountId = readText(booking, 'balanceAccount', 'id');
  if (transferId === undefined || transactionId === undefined || accountId === undefined) return undefined;
  const paymentId = readPaymentId(booking, booking.at('transfer', 'categoryData'));
  return JSON.stringify({ transferId, transactionId, accountId, paymentId } satisfies BookingReference);
}

/** Returns the transfers of the bookings that no row contains, and the bookings that their transfers do not contain (yet). */
async function fetchChangedTransfers(
  { client, feedReader }: AdyenBalancePlatformContext,
  serialized: readonly string[],
  signal: AbortSignal,
): Promise<{ transfers: Json[]; missing: BookingReference[] }> {
  const references = serialized.map((text) => JSON.parse(text) as BookingReference);
  const listIds = ({ transferId, transactionId, paymentId = transferId }: BookingReference) => [
    ...[transferId, `${transferId}.incoming`, `${transferId}.${transactionId}`, paymentId],
  ];
  const served = await feedReader.findLatest('transactions', [...new Set(references.flatMap(listIds))]);
  // The row of another balance account is the other side of an internal transfer. It stands for both sides.
  const isServed = (reference: BookingReference) =>
    listIds(reference).some((id) => {
      const { [TRANSACTION_ID_KEY]: transactionId, [ACCOUNT_ID_KEY]: accountId } =
        served.get(id)?.metadata ?? {};
      return (
        transactionId === reference.transactionId ||
        (accountId ?? reference.accountId) !== reference.accountId
      );
    });
  const changed = references.filter((reference) => !isServed(reference));
  const ids = [...new Set(changed.map(({ transferId }) => transferId))];
  const found = await Promise.all(ids.map((id) => client.findTransfer(id, signal)));
  const transferById = new Map(found.map((transfer, index) => [ids[index], transfer]));
  return {
    transfers: found.filter((transfer) => transfer !== undefined),
    missing: changed.filter(
      (reference) => !containsBooking(transferById.get(reference.transferId), reference),
    ),
  };
}

/**
 * Returns whether a transfer contains a booking. A transfer without the ids of its bookings does not tell, and neither does the other side of an
 * internal transfer, whose row stands for both sides.
 */
function containsBooking(transfer: Json | undefined, booking: BookingReference): boolean {
  if (transfer === undefined) return false;
  const events = transfer.at('events').toJsonString();
  const isOtherSide = readText(transfer, 'balanceAccount', 'id') !== booking.accountId;
  return (
    isOtherSide ||
    !events.includes('"transactionId"') ||
    events.includes(JSON.stringify(booking.transactionId))
  );
}
