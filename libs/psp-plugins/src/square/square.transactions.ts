/**
 * Lists transactions from several lists, with one cursor for all lists:
 * 1. Payments of each location, and all refunds, by the time of their last change. Each listing reads the last hour again, because Square
 * shows changes late. At intervals of `rereadEveryHours`, the last `changesWithinDays` are read again, because Square does not document
 * whether a late fee updates the time of the last change.
 * 2. Payouts of each location, by their time of creation, each with its entries. Payouts that are not final are requested again by each
 * listing.
 * 3. All disputes at each listing, because their list has no filter for times.
 */
import {
  parseRows,
  readText,
  toDisputeHistories,
  toReturnedPayouts,
  withdrawMissingParts,
} from '@tributary/connector-api';
import type { Cursor, FeedReader, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  addOpenRows,
  confirmEmptyList,
  createJsonRowReader,
  createListedAccountCheck,
  createRecordSource,
  hasRows,
  isRereadTimeWindowsPosition,
  isSnapshotPosition,
  listSources,
  listWithChildren,
  readPages,
  rereadTimeWindows,
  snapshot,
} from '@tributary/connector-api/listing';
import type {
  ListingContext,
  RecordSource,
  RereadTimeWindowsOptions,
  RereadTimeWindowsPosition,
  RowWithParent,
  TimeWindowQuery,
} from '@tributary/connector-api/listing';
import type { SquareClient, TimedList } from './square.client.js';
import type { SquareSettings } from './square.config.js';
import {
  checkPayoutEntries,
  listPartIds,
  parseDispute,
  toPayoutEntryRows,
  toPaymentRows,
  toPayoutRows,
  toRefundRows,
} from './square.mapper.js';
import { PLUGIN_NAME } from './square.vocabulary.js';

const HOUR_MS = 3_600_000;
/**
 * The length in milliseconds of the period that each listing reads again. Square shows changes some seconds late, and its clock can differ
 * from the gateway's clock.
 */
const OVERLAP_MS = HOUR_MS;
/**
 * The length of the first window in milliseconds. A long window needs no additional requests, because its pages are read from the oldest
 * row on.
 */
const INITIAL_WINDOW_MS = 5 * 365 * 24 * HOUR_MS;
const FINAL_PAYOUT_STATUSES = ['PAID', 'FAILED'];

/** The objects that the functions of this plugin share. */
export interface SquareContext extends ListingContext {
  client: SquareClient;
  settings: SquareSettings;
  feedReader: FeedReader;
}

type SquareRow = RowWithParent<Json>;

export async function* listTransactionPages(
  context: SquareContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const { client, signal } = context;
  const locations = await client.listLocations(signal);
  // A malformed location is skipped here, because the list of accounts already reports it.
  const locationIds = locations.map((row) => readText(row, 'id')).filter((id) => id !== undefined);
  const sources = [
    ...locationIds.map((id) => createTimedSource(context, 'payments', id)),
    createTimedSource(context, 'refunds'),
    createDisputeSource(context),
    ...locationIds.map((id) => createTimedSource(context, 'payouts', id)),
  ];
  const check = createListedAccountCheck(() => client.listLocations(signal), locations);
  yield* listSources({ plugin: PLUGIN_NAME, version: 1 }, sources.map(check), since);
}

/** Lists payments or payouts of a location, or all refunds. */
function createTimedSource(context: SquareContext, list: TimedList, locationId?: string) {
  const { client, clock, feedReader, settings, signal = new AbortController().signal } = context;
  const start = Math.min(Date.parse(settings.since), clock.now());
  const reader = createJsonRowReader('id', list === 'payouts' ? 'created_at' : 'updated_at');
  const toRows = (row: SquareRow) => TO_ROWS[list](row, locationId);
  const request = (query: TimeWindowQuery, aborted: AbortSignal, status?: string) =>
    client.listByTime(list, { ...query, createdFrom: start, location_id: locationId, status }, aborted);
  const requestOldest = () => request({ from: start, to: clock.now() + OVERLAP_MS, limit: 1 }, signal);
  const options: RereadTimeWindowsOptions<Json> = {
    ...reader,
    ...{ order: 'oldest-first', paging: 'token', resolutionMs: 1, start, overlapMs: OVERLAP_MS },
    initialWindowMs: INITIAL_WINDOW_MS,
    changesWithinMs: settings.changesWithinDays * 24 * HOUR_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
    // Square omits an empty list from the response. So a response without a list is the end of the list only after confirmation.
    fetchPage: (query, aborted) =>
      confirmEmptyList({
        ...{ fetchPage: () => request(query, aborted), fetchKnownRows: requestOldest },
        isExpected: (row) => isInWindow(reader.getTime(row), query),
      }),
    ...(list === 'payouts' && {
      // A window has only one page, because the entries of a hundred payouts need many requests, and an interrupted listing repeats its
      // last step.
      maxPages: 1,
      isOpen: (row: Json) => !FINAL_PAYOUT_STATUSES.includes(readText(row, 'status') ?? ''),
      // An empty list needs no confirmation here. If a payout is missing in the response, it is requested by its time anyway.
      fetchOpenPage: async (query: TimeWindowQuery, aborted: AbortSignal) =>
        (await request(query, aborted, 'SENT')) ?? { rows: [] },
    }),
  };
  const entries = {
    fetchChildren: (row: Json, aborted: AbortSignal) => fetchEntries(client, row, aborted),
    getId: reader.getId,
    checkChildren: checkPayoutEntries,
    keepOpen: (position: RereadTimeWindowsPosition, rows: readonly Json[]) =>
      addOpenRows(options, position, rows),
    start: { base: { at: start, span: INITIAL_WINDOW_MS }, reread: clock.now(), open: [] },
  };
  // The fees of a payment or a refund are known once it is completed.
  const hasParts = ({ row }: SquareRow) => list === 'payouts' || readText(row, 'status') === 'COMPLETED';
  return createRecordSource({
    id: locationId === undefined ? list : `${list}:${locationId}`,
    isPosition: isRereadTimeWindowsPosition,
    toRecords: async (rows: SquareRow[]) => {
      const records = await toReturnedPayouts(rows.flatMap(toRows), feedReader);
      const objectIds = rows.filter(hasParts).flatMap(({ row }) => readText(row, 'id') ?? []);
      return withdrawMissingParts(records, { objectIds, listPartIds }, feedReader);
    },
    async *list(position: RereadTimeWindowsPosition | undefined) {
      // As long as no row is known, an empty list does not advance the position. A fault that looks like an empty list then has no effect
      // on later listings.
      if (position === undefined && !hasRows(await requestOldest())) return;
      const steps = rereadTimeWindows(options, position, context);
      yield* listWithChildren(steps, { ...entries, start: position ?? entries.start }, context);
    },
  });
}

function isInWindow(time = NaN, { from, to, token }: TimeWindowQuery): boolean {
  return token === undefined && time >= from && time < to;
}

/** Requests the entries of a payout. A simple payout has no entries, because it becomes an entry of a later payout. */
function fetchEntries(client: SquareClient, row: Json, signal: AbortSignal) {
  const [id, type = 'SIMPLE'] = [readText(row, 'id'), readText(row, 'type')];
  if (type === 'SIMPLE' || id === undefined) return undefined;
  return readPages((token) => client.listPayoutEntries(id, token, signal));
}

const TO_ROWS = {
  payments: ({ row }: SquareRow, locationId?: string) => toPaymentRows(row, locationId),
  refunds: ({ row }: SquareRow) => toRefundRows(row),
  payouts: ({ row, parent }: SquareRow, locationId?: string) =>
    parent === undefined ? toPayoutRows(row, locationId) : toPayoutEntryRows(row, parent, locationId),
};

/** Lists all disputes, and returns the disputes that are new or have changed. */
function createDisputeSource(context: SquareContext): RecordSource<Transaction> {
  const source = {
    getId: (row: Json) => readText(row, 'id') ?? row.toJsonString(),
    getVersion: (row: Json) => row.toJsonString(),
    fetchPage: (token: string | undefined, signal: AbortSignal) => context.client.listDisputes(token, signal),
  };
  return createRecordSource({
    ...{ id: 'disputes', isPosition: isSnapshotPosition },
    list: (since) => snapshot(source, since, context),
    toRecords: (rows) => toDisputeHistories(parseRows(rows, 'id', parseDispute), context.feedReader),
  });
}
