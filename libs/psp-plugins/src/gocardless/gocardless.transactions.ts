/**
 * Lists transactions from several lists with one cursor: payments, refunds, payouts, outbound payments and the journals of payment accounts by the times
 * at which they were created, and events, which name the objects that changed since. No list has a filter for changes.
 */
import {
  fetchObjectsById,
  findMetadata,
  keepReturnedPayouts,
  keepSettledRows,
  parseRows,
  readText,
  reverseFailedRows,
} from '@tributary/connector-api';
import type { Cursor, Page, StoredRecord, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import * as listing from '@tributary/connector-api/listing';
import { findPayer, listAccounts, listPaymentAccounts } from './gocardless.accounts.js';
import type { GocardlessContext } from './gocardless.client.js';
import * as mapper from './gocardless.mapper.js';
import { getPayoutState, PAYOUT_FORMAT } from './gocardless.payouts.js';
import * as words from './gocardless.vocabulary.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The maximum time by which an object is listed late. GoCardless names none. */
const OVERLAP_MS = HOUR_MS;
/** The journal of a payment account has days only, and a bank can name an earlier day. */
const JOURNAL_OVERLAP_DAYS = 5;

/**
 * Returns how a list is read that can be filtered by the time at which its rows were created, and how often its newest rows are read again.
 * @param refundType refunds of payments, and those of mandates, are two lists
 */
export function getCreatedList(
  { client, clock, settings }: Omit<GocardlessContext, 'payers'>,
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

export async function* listTransactionPages(context: GocardlessContext, since: Cursor | undefined) {
  const { client, feedReader, settings } = context;
  const accounts = await listPaymentAccounts(context);
  const describe = (resource: words.TransactionResource) => describeObjectList(context, resource);
  const mapPayments = (rows: Json[]) => addPayers(context, parseRows(rows, 'id', mapper.toPaymentRow));
  const toRecords = (rows: Json[]) => mapRefunds(context, rows);
  const sources = [
    listing.createRecordSource({ ...describe('payments'), toRecords: mapPayments }),
    listing.createRecordSource({ ...describe('refunds'), toRecords }),
    listing.createRecordSource({
      // GoCardless allows refunds of mandates on request only.
      ...{ id: 'mandate_refunds', isPosition: listing.isRereadTimeWindowsPosition, isOptional: true },
      list: (at) => listing.rereadTimeWindows(getCreatedList(context, 'refunds', 'mandate'), at, context),
      toRecords,
    }),
    listing.createSettlementSource(
      {
        ...{ ...describe('payouts'), format: PAYOUT_FORMAT, getVersion: getPayoutState },
        fetchItems: (payoutId, signal) => client.listPayoutItems(payoutId, signal),
        fetchObject: (resource, id, signal) => client.find(resource, id, signal),
        toPaymentRecords: mapPayments,
        ownAccountIds: accounts.map((row) => readText(row, 'id')),
      },
      context,
    ),
  ];
  const mapOutbound = (row: Json) => mapper.toOutboundPaymentRows(row, findPayer(accounts, row));
  const outbound = listing.createRecordSource({
    ...describe('outbound_payments'),
    // Most debits of a journal have no rows, because their outbound payments have them. So these are not left out if a journal is listed.
    isOptional: accounts.length === 0 && settings.paymentAccounts !== 'required',
    toRecords: (rows) =>
      keepReturnedPayouts(parseRows(rows, 'id', mapOutbound), mapper.getReturnId, feedReader),
  });
  if (settings.paymentAccounts !== 'off') sources.push(outbound);
  sources.push(...accounts.flatMap((account) => createJournalSource(context, account, accounts)));
  const check = listing.createListedAccountCheck(() => listAccounts(context, accounts));
  yield* listing.listSources({ plugin: words.PLUGIN_NAME, version: 1 }, sources.map(check), since);
}

/** Describes the list of objects by the time at which they were created, the newest of them again, and then of those that events name. */
function describeObjectList(context: GocardlessContext, resource: words.TransactionResource) {
  const options: listing.ListWithEventsOptions<Json> = {
    ...getCreatedList(context, resource, resource === 'refunds' ? 'payment' : undefined),
    fetchEvents: (window, signal) => context.client.listEvents(resource, window, signal),
    getObjectId: (event) => readText(event, 'links', words.getLinkName(resource)),
    fetchObject: (id, signal) => context.client.find(resource, id, signal),
  };
  const list = (at?: listing.ListWithEventsPosition) => listing.listWithEvents(options, at, context);
  return { id: resource, ...listing.LIST_WITH_EVENTS_SOURCE, list };
}

/** Returns the journal of a payment account. A malformed account has none: the list of accounts reports it. */
function createJournalSource(context: GocardlessContext, account: Json, accounts: readonly Json[]) {
  const id = readText(account, 'id');
  if (id === undefined) return [];
  const options = {
    ...getCreatedList(context, 'payment_account_transactions'),
    ...{ id, dayProperty: 'value_date', overlapDays: JOURNAL_OVERLAP_DAYS },
    fetchPage: (days: listing.DayRangeQuery, signal: AbortSignal) =>
      context.client.listAccountTransactions(id, days, signal),
    toRecords: (rows: Json[]) => mapJournal(context, id, findPayer(accounts, account) === undefined, rows),
  };
  return [listing.createDayJournalSource(options, context)];
}

/**
 * Maps the entries of a journal. A payout into this account is a transfer with a row of its own. A debit needs its outbound payment only if no other list tells which account
 * has paid.
 */
async function mapJournal(context: GocardlessContext, id: string, isPayerUnknown: boolean, entries: Json[]) {
  const { client, feedReader, signal } = context;
  const getPayout = (row: Json) =>
    row.has('links', 'outbound_payment') ? undefined : readText(row, 'links', 'payout');
  const getDestination = ({ transaction }: StoredRecord) => transaction?.destinationAccountId;
  const destinations = await findMetadata(entries.map(getPayout), getDestination, feedReader, async (one) => {
    const payout = await client.find('payouts', one, signal);
    return payout && readText(payout, 'links', 'creditor_bank_account');
  });
  const rows = entries.filter((row) => destinations.get(getPayout(row) ?? '') !== id);
  const needed = rows.filter((row) => isPayerUnknown || readText(row, 'direction') === 'credit');
  const paymentIds = needed.map((row) => readText(row, 'links', 'outbound_payment'));
  const payments = await fetchObjectsById(paymentIds, (one) => client.find('outbound_payments', one, signal));
  return parseRows(rows, 'id', (row) => mapper.toAccountTransactionRows(row, id, isPayerUnknown, payments));
}

/** Maps refunds. A refund names its payment, or its mandate, which names the creditor whose balance pays it. */
async function mapRefunds(context: GocardlessContext, refunds: readonly Json[]) {
  const { client, feedReader, signal } = context;
  const getOriginal = (row: Json) => readText(row, 'links', 'payment') ?? readText(row, 'links', 'mandate');
  const payments = new Set(refunds.map((row) => readText(row, 'links', 'payment')));
  const ids = refunds.map(getOriginal);
  const creditors = await findMetadata(ids, words.CREDITOR_KEY, feedReader, async (id) => {
    const original = await client.find(payments.has(id) ? 'payments' : 'mandates', id, signal);
    return original && readText(original, 'links', 'creditor');
  });
  const toRows = (row: Json) => mapper.toRefundRows(row, creditors.get(getOriginal(row) ?? ''));
  return addPayers(context, parseRows(refunds, 'id', toRows));
}

/** Adds the names of the payers to payments and refunds, which name their mandates. */
async function addPayers(context: GocardlessContext, rows: Page<Transaction>['items']) {
  const settled = await keepSettledRows(rows, context.feedReader, words.ITEM_MOVEMENTS);
  const reversed = await reverseFailedRows(settled, context.feedReader);
  return listing.addOptionalMetadata(reversed, context.payers, context);
}
