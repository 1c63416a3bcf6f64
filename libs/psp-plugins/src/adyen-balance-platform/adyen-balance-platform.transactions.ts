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
import {
  changes,
  convertStepsToPages,
  createChangesCheck,
  createCursorFormat,
  isRereadTimeWindowsPosition,
  isTimeWindowsPosition,
  rereadTimeWindows,
  timeWindows,
} from '@tributary/connector-api/listing';
import type {
  ChangesPosition,
  ListingStep,
  RereadTimeWindowsPosition,
  TimeWindowsPosition,
} from '@tributary/connector-api/listing';
import { ADYEN_LISTS, getRowId, type AdyenBalancePlatformContext } from './adyen-balance-platform.client.js';
import { readPaymentId, toUnlinkedRows } from './adyen-balance-platform.mapper.js';
import { PLUGIN_NAME, TRANSFER_STATUSES } from './adyen-balance-platform.types.js';

const HOUR_MS = 3_600_000;
/** Milliseconds that every listing reads again, because rows can appear late and clocks differ. */
const OVERLAP_MS = HOUR_MS;
/** Number of bookings that are looked up in the feed at once. */
const BOOKINGS_PER_LOOKUP = 20;
const OWN_ID_KEY = `com.${PLUGIN_NAME}.spec/transfer_id`;
const TRANSACTION_ID_KEY = `com.${PLUGIN_NAME}.spec/transaction_id`;
const ACCOUNT_ID_KEY = `com.${PLUGIN_NAME}.spec/balance_account_id`;

interface TransfersPosition {
  transfers?: RereadTimeWindowsPosition;
  bookings: ChangesPosition<TimeWindowsPosition>;
}

const isBookingsPosition = createChangesCheck(isTimeWindowsPosition);

const CURSOR_FORMAT = createCursorFormat({
  plugin: PLUGIN_NAME,
  version: 1,
  isPosition: (value): value is TransfersPosition => {
    if (typeof value !== 'object' || value === null) return false;
    const { transfers, bookings } = value as Partial<TransfersPosition>;
    return (
      isBookingsPosition(bookings) && (transfers === undefined || isRereadTimeWindowsPosition(transfers))
    );
  },
});

export async function* listTransactionPages(
  context: AdyenBalancePlatformContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const steps = listTransfers(context, CURSOR_FORMAT.parse(since));
  yield* convertStepsToPages(steps, CURSOR_FORMAT, (rows) =>
    convertValidRecords(parseRows(rows, 'id', toUnlinkedRows), (valid) =>
      linkRows(valid, context.feedReader, OWN_ID_KEY),
    ),
  );
}

async function* listTransfers(
  context: AdyenBalancePlatformContext,
  since: TransfersPosition | undefined,
): AsyncGenerator<ListingStep<Json, TransfersPosition>> {
  const { client, clock, settings } = context;
  const lists = { ...ADYEN_LISTS, start: Date.parse(settings.since), overlapMs: OVERLAP_MS };
  const options = {
    ...{ ...lists, changesWithinMs: settings.changesWithinDays * 24 * HOUR_MS },
    everyMs: settings.rereadEveryHours * HOUR_MS,
    fetchPage: client.listTransfers.bind(client),
    isOpen: (row: Json) => isOpenStatus(readText(row, 'status') ?? ''),
  };
  // The first listing contains all earlier bookings.
  const firstEvents = { at: Math.max(lists.start, clock.now() - OVERLAP_MS), span: HOUR_MS };
  const bookings = since?.bookings ?? { events: firstEvents, pending: [], seen: [] };
  let transfers = since?.transfers;
  for await (const step of rereadTimeWindows(options, transfers, context)) {
    transfers = step.position;
    yield { ...step, position: { transfers, bookings } };
  }
  const source = {
    listEvents: (position: TimeWindowsPosition | undefined) =>
      timeWindows({ ...lists, fetchPage: client.listTransactions.bind(client) }, position, context),
    ...{ getEventId: getRowId, getObjectId: serializeBooking, getId: getRowId },
    fetchObjects: (ids: readonly string[], signal: AbortSignal) =>
      fetchChangedTransfers(context, ids, signal),
    maxIdsPerRequest: BOOKINGS_PER_LOOKUP,
  };
  for await (const { rows, warnings = [], position } of changes(source, bookings, context))
    yield { rows, warnings, position: { ...(transfers && { transfers }), bookings: position } };
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
  /** Whether it is the money that the receiving side of an internal transfer gets. That side has no row. */
  isReceived: boolean;
}

function serializeBooking(booking: Json): string | undefined {
  const [transfer, transactionId] = [booking.at('transfer'), readText(booking, 'id')];
  const [transferId, accountId] = [readText(transfer, 'id'), readText(booking, 'balanceAccount', 'id')];
  if (transferId === undefined || transactionId === undefined || accountId === undefined) return undefined;
  const categoryData = transfer.at('categoryData');
  const isInternal = readText(categoryData, 'type') === 'internal';
  const isReceived = isInternal && !(readText(booking, 'amount', 'value') ?? '').startsWith('-');
  const paymentId = readPaymentId(booking, categoryData);
  return JSON.stringify({
    transferId,
    transactionId,
    accountId,
    paymentId,
    isReceived,
  } satisfies BookingReference);
}

/** Returns the transfers of the bookings that no row contains. */
async function fetchChangedTransfers(
  { client, feedReader }: AdyenBalancePlatformContext,
  serialized: readonly string[],
  signal: AbortSignal,
): Promise<Json[]> {
  const references = serialized.map((text) => JSON.parse(text) as BookingReference);
  const ids = references.flatMap((one) => [...listMainIds(one), ...listLaterIds(one)]);
  const served = await feedReader.findLatest('transactions', [...new Set(ids)]);
  const isServed = (reference: BookingReference) => {
    const main = listMainIds(reference).flatMap((id) => served.get(id) ?? []);
    return (
      listLaterIds(reference).some((id) => served.has(id)) ||
      main.some(({ metadata }) => metadata[TRANSACTION_ID_KEY] === reference.transactionId) ||
      main.some(({ metadata }) => metadata[ACCOUNT_ID_KEY] !== reference.accountId) ||
      (main.length === 0 && reference.isReceived)
    );
  };
  const changed = references.filter((reference) => !isServed(reference)).map(({ transferId }) => transferId);
  const rows: Json[] = [];
  for (const id of new Set(changed)) {
    const found = await client.findTransfer(id, signal);
    if (found !== undefined) rows.push(found);
  }
  return rows;
}

function listMainIds({ transferId, paymentId }: BookingReference): string[] {
  return [transferId, `${transferId}.incoming`, ...(paymentId === undefined ? [] : [paymentId])];
}

function listLaterIds({ transferId, transactionId }: BookingReference): string[] {
  return [`${transferId}.${transactionId}`];
}
