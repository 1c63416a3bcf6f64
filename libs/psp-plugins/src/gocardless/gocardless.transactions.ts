/**
 * Lists transactions from several lists with one cursor: payments, refunds, payouts, outbound payments and the journals of payment accounts by the times
 * at which they were created, and events, which name the objects that changed since. No list has a filter for changes.
 */
import {
  findMetadata,
  hasAllItems,
  InvalidRecordError,
  keepReturnedPayouts,
  keepSettledRows,
  mapSettlements,
  parseRows,
  readText,
} from '@tributary/connector-api';
import type { Cursor, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as listing from '@tributary/connector-api/listing';
import { findPayer, listPaymentAccounts } from './gocardless.accounts.js';
import type { GocardlessContext } from './gocardless.client.js';
import * as mapper from './gocardless.mapper.js';
import { fetchPayoutDetails, getPayoutState, PAYOUT_FORMAT } from './gocardless.payouts.js';
import { CREDITOR_KEY, EVENT_LINKS, PLUGIN_NAME, type TransactionResource } from './gocardless.vocabulary.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The maximum time by which an object is listed late. GoCardless names none. */
const OVERLAP_MS = HOUR_MS;
/** The journal of a payment account has days only, and a bank can name an earlier day. */
const JOURNAL_OVERLAP_MS = 5 * DAY_MS;

type RecordSource = listing.RecordSource<Transaction>;
type ToRecords = (rows: Json[]) => Promise<Page<Transaction>['items']>;

/** Returns how a list is read that can be filtered by the time at which its rows were created. */
export function getCreatedList({ settings, clock }: GocardlessContext) {
  return {
    ...listing.createJsonRowReader('id', 'created_at'),
    ...({ order: 'newest-first', paging: 'token', resolutionMs: 1, overlapMs: OVERLAP_MS } as const),
    start: Math.min(Date.parse(settings.since), clock.now()),
  };
}

export async function* listTransactionPages(
  context: GocardlessContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const { client, feedReader, settings } = context;
  const accounts = await listPaymentAccounts(context);
  const mapOutbound = (row: Json) => mapper.toOutboundPaymentRows(row, findPayer(accounts, row));
  // The debits of a journal have no rows, because their outbound payments have them. So these are not left out if a journal is listed.
  const isOutboundOptional = accounts.length === 0 && settings.paymentAccounts !== 'required';
  const sources = [
    createObjectsSource(context, 'payments', (rows) =>
      keepSettledRows(parseRows(rows, 'id', mapper.toPaymentRow), feedReader),
    ),
    createObjectsSource(context, 'refunds', (rows) => mapRefunds(context, rows)),
    listing.createRecordSource({
      // GoCardless allows refunds of mandates on request only.
      ...{ id: 'mandate_refunds', isPosition: listing.isRereadTimeWindowsPosition, isOptional: true },
      list: (at) => listing.rereadTimeWindows(getRereadList(context, 'refunds', 'mandate'), at, context),
      toRecords: (rows: Json[]) => mapRefunds(context, rows),
    }),
    listing.createRecordSource({
      ...{ id: 'payouts', isPosition: listing.createDetailsCheck(listing.isListWithEventsPosition) },
      list: (at) =>
        listing.listWithDetails(
          {
            list: (base: listing.ListWithEventsPosition | undefined) => listObjects(context, 'payouts', base),
            fetchDetails: (payout, signal) => fetchPayoutDetails(client, payout, signal),
            getVersion: getPayoutState,
            isComplete: ({ row, details }) => hasAllItems(row, details, PAYOUT_FORMAT),
          },
          at,
          context,
        ),
      toRecords: (payouts) => mapSettlements(payouts, PAYOUT_FORMAT, feedReader),
    }),
  ];
  const outbound = createObjectsSource(
    context,
    'outbound_payments',
    (rows) => keepReturnedPayouts(parseRows(rows, 'id', mapOutbound), mapper.getReturnId, feedReader),
    isOutboundOptional,
  );
  if (settings.paymentAccounts !== 'off') sources.push(outbound);
  sources.push(...accounts.flatMap((account) => createJournalSource(context, account, accounts)));
  yield* listing.listSources({ plugin: PLUGIN_NAME, version: 1 }, sources, since);
}

function createObjectsSource(
  context: GocardlessContext,
  resource: TransactionResource,
  toRecords: ToRecords,
  isOptional = false,
): RecordSource {
  return listing.createRecordSource({
    ...{ id: resource, isPosition: listing.isListWithEventsPosition, toRecords, isOptional },
    list: (at) => listObjects(context, resource, at),
  });
}

/** Lists objects by the time at which they were created, the newest of them again, and then those that events name. */
function listObjects(
  context: GocardlessContext,
  resource: TransactionResource,
  at?: listing.ListWithEventsPosition,
) {
  const { client } = context;
  const options: listing.ListWithEventsOptions<Json> = {
    ...getRereadList(context, resource, resource === 'refunds' ? 'payment' : undefined),
    fetchEvents: (window, signal) => client.listEvents(resource, window, signal),
    getObjectId: (event) => readText(event, 'links', EVENT_LINKS[resource]),
    fetchObject: (id, signal) => client.find(resource, id, signal),
  };
  return listing.listWithEvents(options, at, context);
}

/** @param refundType refunds of payments, and those of mandates, are two lists */
function getRereadList(
  context: GocardlessContext,
  resource: TransactionResource,
  refundType?: 'payment' | 'mandate',
): listing.RereadTimeWindowsOptions<Json> {
  const { client, settings } = context;
  const query = { refund_type: refundType };
  return {
    ...getCreatedList(context),
    changesWithinMs: settings.changesWithinDays * DAY_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
    fetchPage: (window, signal) => client.listCreated(resource, window, { query, signal }),
  };
}

/** Returns the journal of a payment account. A malformed account has none: the list of accounts reports it. */
function createJournalSource(context: GocardlessContext, account: Json, accounts: readonly Json[]) {
  const id = readText(account, 'id');
  if (id === undefined) return [];
  const options: listing.TimeWindowsOptions<Json> = {
    ...getCreatedList(context),
    ...{ resolutionMs: DAY_MS, overlapMs: JOURNAL_OVERLAP_MS },
    getTime: (row) => Date.parse(`${readText(row, 'value_date')}T00:00:00Z`) || undefined,
    fetchPage: (window, signal) => context.client.listAccountTransactions(id, window, signal),
  };
  const isPayerUnknown = findPayer(accounts, account) === undefined;
  const source: RecordSource = listing.createRecordSource({
    ...{ id, isPosition: listing.isTimeWindowsPosition },
    list: (at) => listing.timeWindows(options, at, context),
    toRecords: (rows: Json[]) => mapJournal(context, { id, isPayerUnknown }, rows),
  });
  return [source];
}

async function mapJournal(
  { client, signal }: GocardlessContext,
  account: mapper.JournalAccount,
  rows: readonly Json[],
): Promise<Page<Transaction>['items']> {
  const items: Page<Transaction>['items'] = [];
  for (const row of rows) {
    const outbound = readText(row, 'links', 'outbound_payment');
    const isNeeded = account.isPayerUnknown || readText(row, 'direction') === 'credit';
    const original =
      outbound && isNeeded ? await client.find('outbound_payments', outbound, signal) : undefined;
    items.push(...parseRows([row], 'id', (one) => mapper.toAccountTransactionRows(one, account, original)));
  }
  return items;
}

/** Maps refunds. A refund names its payment, or its mandate, which names the creditor whose balance pays it. */
async function mapRefunds({ client, feedReader, signal }: GocardlessContext, refunds: readonly Json[]) {
  const getOriginal = (row: Json) => readText(row, 'links', 'payment') ?? readText(row, 'links', 'mandate');
  const payments = new Set(refunds.map((row) => readText(row, 'links', 'payment')));
  const creditors = await findMetadata(refunds.map(getOriginal), CREDITOR_KEY, feedReader, async (id) => {
    const original = await client.find(payments.has(id) ? 'payments' : 'mandates', id, signal);
    return original && readText(original, 'links', 'creditor');
  });
  const rows = parseRows(refunds, 'id', (row) => {
    const id = getOriginal(row) ?? '';
    const creditor = creditors.get(id);
    if (creditor !== undefined) return mapper.toRefundRows(row, creditor);
    throw new InvalidRecordError(
      `links: GoCardless does not show the creditor of ${id}, whose balance paid the refund`,
    );
  });
  return keepSettledRows(rows, feedReader);
}
