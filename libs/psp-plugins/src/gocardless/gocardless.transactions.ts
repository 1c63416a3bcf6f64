/**
 * Lists transactions from several lists with one cursor: payments, refunds, payouts, outbound payments and the journals of payment accounts by the times
 * at which they were created, and events, which name the objects that changed since. No list has a filter for changes.
 */
import {
  fetchObjectsById,
  findMetadata,
  InvalidRecordError,
  keepReturnedPayouts,
  keepSettledRows,
  parseRows,
  readText,
} from '@tributary/connector-api';
import type { Cursor, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as listing from '@tributary/connector-api/listing';
import { findPayer, listPaymentAccounts } from './gocardless.accounts.js';
import type { GocardlessContext } from './gocardless.client.js';
import * as mapper from './gocardless.mapper.js';
import { getPayoutState, PAYOUT_FORMAT } from './gocardless.payouts.js';
import { CREDITOR_KEY, EVENT_LINKS, PLUGIN_NAME, type TransactionResource } from './gocardless.vocabulary.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The maximum time by which an object is listed late. GoCardless names none. */
const OVERLAP_MS = HOUR_MS;
/** The journal of a payment account has days only, and a bank can name an earlier day. */
const JOURNAL_OVERLAP_MS = 5 * DAY_MS;

/**
 * Returns how a list is read that can be filtered by the time at which its rows were created, and how often its newest rows are read again.
 * @param refundType refunds of payments, and those of mandates, are two lists
 */
export function getCreatedList(
  { client, clock, settings }: GocardlessContext,
  resource: string,
  refundType?: 'payment' | 'mandate',
): listing.RereadTimeWindowsOptions<Json> {
  return {
    ...listing.createJsonRowReader('id', 'created_at'),
    ...{ order: 'newest-first', paging: 'token', resolutionMs: 1, overlapMs: OVERLAP_MS },
    start: Math.min(Date.parse(settings.since), clock.now()),
    changesWithinMs: settings.changesWithinDays * DAY_MS,
    everyMs: settings.rereadEveryHours * HOUR_MS,
    fetchPage: (window, signal) => client.listCreated(resource, window, signal, { refund_type: refundType }),
  };
}

export async function* listTransactionPages(
  context: GocardlessContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const { client, feedReader, settings } = context;
  const accounts = await listPaymentAccounts(context);
  const mapOutbound = (row: Json) => mapper.toOutboundPaymentRows(row, findPayer(accounts, row));
  const sources = [
    listing.createRecordSource({
      ...describeObjectList(context, 'payments'),
      toRecords: (rows) => keepSettledRows(parseRows(rows, 'id', mapper.toPaymentRow), feedReader),
    }),
    listing.createRecordSource({
      ...describeObjectList(context, 'refunds'),
      toRecords: (rows) => mapRefunds(context, rows),
    }),
    listing.createRecordSource({
      // GoCardless allows refunds of mandates on request only.
      ...{ id: 'mandate_refunds', isPosition: listing.isRereadTimeWindowsPosition, isOptional: true },
      list: (at) => listing.rereadTimeWindows(getCreatedList(context, 'refunds', 'mandate'), at, context),
      toRecords: (rows) => mapRefunds(context, rows),
    }),
    listing.createSettlementSource(
      {
        ...{ ...describeObjectList(context, 'payouts'), format: PAYOUT_FORMAT, getVersion: getPayoutState },
        fetchItems: (payoutId, signal) => client.listPayoutItems(payoutId, signal),
        fetchRefund: (id, signal) => client.find('refunds', id, signal),
      },
      context,
    ),
  ];
  const outbound = listing.createRecordSource({
    ...describeObjectList(context, 'outbound_payments'),
    // The debits of a journal have no rows, because their outbound payments have them. So these are not left out if a journal is listed.
    isOptional: accounts.length === 0 && settings.paymentAccounts !== 'required',
    toRecords: (rows) =>
      keepReturnedPayouts(parseRows(rows, 'id', mapOutbound), mapper.getReturnId, feedReader),
  });
  if (settings.paymentAccounts !== 'off') sources.push(outbound);
  sources.push(...accounts.flatMap((account) => createJournalSource(context, account, accounts)));
  yield* listing.listSources({ plugin: PLUGIN_NAME, version: 1 }, sources, since);
}

/** Describes the list of objects by the time at which they were created, the newest of them again, and then of those that events name. */
function describeObjectList(context: GocardlessContext, resource: TransactionResource) {
  const options: listing.ListWithEventsOptions<Json> = {
    ...getCreatedList(context, resource, resource === 'refunds' ? 'payment' : undefined),
    fetchEvents: (window, signal) => context.client.listEvents(resource, window, signal),
    getObjectId: (event) => readText(event, 'links', EVENT_LINKS[resource]),
    fetchObject: (id, signal) => context.client.find(resource, id, signal),
  };
  const list = (at?: listing.ListWithEventsPosition) => listing.listWithEvents(options, at, context);
  return { id: resource, isPosition: listing.isListWithEventsPosition, list };
}

/** Returns the journal of a payment account. A malformed account has none: the list of accounts reports it. */
function createJournalSource(context: GocardlessContext, account: Json, accounts: readonly Json[]) {
  const id = readText(account, 'id');
  if (id === undefined) return [];
  const options: listing.TimeWindowsOptions<Json> = {
    ...getCreatedList(context, 'payment_account_transactions'),
    ...{ resolutionMs: DAY_MS, overlapMs: JOURNAL_OVERLAP_MS },
    getTime: (row) => Date.parse(`${readText(row, 'value_date')}T00:00:00Z`) || undefined,
    fetchPage: (window, signal) => context.client.listAccountTransactions(id, window, signal),
  };
  const journal = { id, isPayerUnknown: findPayer(accounts, account) === undefined };
  const source = listing.createRecordSource({
    ...{ id, isPosition: listing.isTimeWindowsPosition },
    list: (at) => listing.timeWindows(options, at, context),
    toRecords: (rows) => mapJournal(context, journal, rows),
  });
  return [source];
}

/** Maps the entries of a journal. A debit needs its outbound payment only if no other list tells which account has paid. */
async function mapJournal(context: GocardlessContext, account: mapper.JournalAccount, rows: Json[]) {
  const { client, signal } = context;
  const needed = rows.filter((row) => account.isPayerUnknown || readText(row, 'direction') === 'credit');
  const originals = await fetchObjectsById(
    needed.map((row) => readText(row, 'links', 'outbound_payment')),
    (id) => client.find('outbound_payments', id, signal),
  );
  return parseRows(rows, 'id', (row) => mapper.toAccountTransactionRows(row, account, originals));
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
