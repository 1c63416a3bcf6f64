/**
 * Lists the journals of all balances and business accounts. A journal can only be read from its newest row to its oldest, and each has a
 * position of its own in the cursor.
 */
import {
  isRejectedRecord,
  linkRows,
  normalizeIban,
  parseRows,
  readText,
  takeValidRecords,
} from '@tributary/connector-api';
import type { Cursor, FeedReader, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  createCursorFormat,
  createMergeCheck,
  isNewestFirstPosition,
  mergeListings,
  newestFirst,
  createJsonRowReader,
  toPages,
} from '@tributary/connector-api/listing';
import type { ListingContext, MergeSource, NewestFirstPosition } from '@tributary/connector-api/listing';
import type { MollieClient } from './mollie.client.js';
import type { MollieSettings } from './mollie.config.js';
import { toBusinessTransaction, toUnlinkedRows } from './mollie.mapper.js';
import { linkSettlementsToPayouts } from './mollie.payouts.js';
import { linkMovementsToDrafts } from './mollie.transfers.js';
import { BALANCE_TRANSACTION_KEY } from './mollie.types.js';
import type { AccountResource } from './mollie.types.js';

const MINUTE_MS = 60_000;
/** A SEPA transfer takes up to two days until `processedAt` is set, which changes the row. */
const BUSINESS_REREAD_MS = 4 * 24 * 60 * MINUTE_MS;

/** What the functions of this plugin need. */
export interface MollieContext extends ListingContext {
  client: MollieClient;
  settings: MollieSettings;
  feedReader: FeedReader;
}

const isPosition = createMergeCheck(isNewestFirstPosition);

/** The position in each journal, by the id of its account. */
export const JOURNALS_CURSOR = createCursorFormat({
  plugin: 'mollie',
  version: 2,
  isPosition,
  upgrade: ({ journals }) => (isPosition(journals) ? journals : undefined),
});

/** The journal of one account. */
interface AccountJournal extends MergeSource<Json, NewestFirstPosition> {
  account: Json;
  resource: AccountResource;
}

export async function* listTransactionPages(
  context: MollieContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const start = JOURNALS_CURSOR.parse(since);
  const balances = await listJournals(context, 'balances');
  const steps = mergeListings([...balances, ...(await listJournals(context, 'businessAccounts'))], start);
  yield* toPages(steps, JOURNALS_CURSOR, (rows, { source }) =>
    source.resource === 'balances'
      ? mapBalanceRows(context, rows, source.id)
      : mapBusinessRows(context, rows, source),
  );
}

/** Returns the journals of all balances or business accounts. A malformed account has none: the list of accounts reports it. */
export async function listJournals(
  context: MollieContext,
  resource: AccountResource,
): Promise<AccountJournal[]> {
  const { client, settings } = context;
  const rereadMs = resource === 'balances' ? settings.rereadMinutes * MINUTE_MS : BUSINESS_REREAD_MS;
  const reader = { ...createJsonRowReader('id', 'createdAt'), isTokenFirstId: true, rereadMs };
  return (await client.listAccounts(resource)).flatMap((account): AccountJournal[] => {
    const id = readText(account, 'id');
    if (id === undefined) return [];
    const fetchPage = (from: string | undefined, signal: AbortSignal) =>
      client.listJournal(resource, id, { from, signal });
    return [
      { id, account, resource, list: (since) => newestFirst({ ...reader, fetchPage }, since, context) },
    ];
  });
}

async function mapBalanceRows(
  { client, settings, feedReader }: MollieContext,
  rows: readonly Json[],
  id: string,
): Promise<Page<Transaction>['items']> {
  const parsed = parseRows(rows, 'id', (row) => toUnlinkedRows(row, id));
  const valid = takeValidRecords(parsed);
  const unlinked = settings.payouts === 'off' ? valid : await linkSettlementsToPayouts(client, valid, id);
  const linked = await linkRows(unlinked, feedReader, BALANCE_TRANSACTION_KEY);
  return [...linked, ...parsed.filter(isRejectedRecord)];
}

async function mapBusinessRows(
  { client, settings }: MollieContext,
  rows: readonly Json[],
  { id, account }: AccountJournal,
): Promise<Page<Transaction>['items']> {
  const items = parseRows(rows, 'id', (row) => toBusinessTransaction(row, id));
  const iban = normalizeIban(readText(account, 'accountDetails', 'iban') ?? '');
  return settings.transfers === 'off' ? items : linkMovementsToDrafts(client, items, iban);
}
