/**
 * Lists the journals of all balances and business accounts. A journal can only be read from its newest row to its oldest, and each has a
 * position of its own in the cursor.
 */
import { isRejectedRecord, parseRows, readText, takeValidRecords } from '@tributary/connector-api';
import type { Cursor, FeedReader, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  createCursorFormat,
  createMergeCheck,
  isNewestFirstPosition,
  mergeListings,
  newestFirst,
  readJsonRows,
} from '@tributary/connector-api/listing';
import type {
  ListingContext,
  MergePosition,
  MergeSource,
  NewestFirstPosition,
  NewestFirstSource,
} from '@tributary/connector-api/listing';
import type { MollieClient } from './mollie.client.js';
import type { MollieSettings } from './mollie.config.js';
import { linkTransactions, toBusinessTransaction, toUnlinkedTransactions } from './mollie.mapper.js';
import type { UnlinkedTransaction } from './mollie.mapper.js';
import type { MollieOrders } from './mollie.orders.js';
import { BALANCE_TRANSACTION_KEY, normalizeIban } from './mollie.types.js';

const MINUTE_MS = 60_000;
/** A SEPA transfer takes up to two days until `processedAt` is set, which changes the row. */
const BUSINESS_REREAD_MS = 4 * 24 * 60 * MINUTE_MS;

/** What the listings of this plugin need. */
export interface MollieContext extends ListingContext {
  client: MollieClient;
  settings: MollieSettings;
  orders: MollieOrders;
  feedReader: FeedReader;
}

const isPosition = createMergeCheck(isNewestFirstPosition);

/** The position in each journal, by the id of its account. */
export const JOURNALS_CURSOR = createCursorFormat<MergePosition<NewestFirstPosition>>({
  plugin: 'mollie',
  version: 2,
  isPosition,
  upgrade: ({ journals }) => (isPosition(journals) ? journals : undefined),
});

/** The journal of one account, and the mapping of its rows to transactions. */
interface AccountJournal extends MergeSource<Json, NewestFirstPosition> {
  toItems: (rows: Json[]) => Promise<Page<Transaction>['items']>;
}

export async function* listTransactionPages(
  context: MollieContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const start = JOURNALS_CURSOR.parse(since);
  const balances = createJournals(await context.client.listBalances(), (id) =>
    createBalanceJournal(id, context),
  );
  const journals = [...balances, ...(await listBusinessJournals(context))];
  for await (const { source, rows, position } of mergeListings(journals, start))
    yield { items: await source.toItems(rows), cursor: JOURNALS_CURSOR.serialize(position) };
}

/** Returns the journals of the business accounts. */
export async function listBusinessJournals(context: MollieContext): Promise<AccountJournal[]> {
  return createJournals(await context.client.listBusinessAccounts(), (id, account) =>
    createBusinessJournal(id, account, context),
  );
}

/** Creates the journal of each account. A malformed account has none: the list of accounts reports it. */
function createJournals(
  accounts: readonly Json[],
  create: (id: string, account: Json) => AccountJournal,
): AccountJournal[] {
  return accounts.flatMap((account) => {
    const id = readText(account, 'id');
    return id === undefined ? [] : [create(id, account)];
  });
}

function createBalanceJournal(id: string, context: MollieContext): AccountJournal {
  const { client, settings, orders } = context;
  return {
    id,
    list: createList(context, {
      rereadMs: settings.rereadMinutes * MINUTE_MS,
      fetchPage: (from, signal) => client.listBalanceTransactions(id, from, signal),
    }),
    toItems: async (rows) => {
      const parsed = parseRows(rows, 'id', (row) => toUnlinkedTransactions(row, id));
      const unlinked = await orders.linkSettlementsToOrders(takeValidRecords(parsed), id);
      return [...(await linkToServed(unlinked, context)), ...parsed.filter(isRejectedRecord)];
    },
  };
}

function createBusinessJournal(id: string, account: Json, context: MollieContext): AccountJournal {
  const { client, orders } = context;
  const iban = normalizeIban(readText(account, 'accountDetails', 'iban') ?? '');
  return {
    id,
    list: createList(context, {
      rereadMs: BUSINESS_REREAD_MS,
      fetchPage: (from, signal) => client.listBusinessTransactions(id, from, signal),
    }),
    toItems: (rows) =>
      orders.linkTransfersToOrders(
        parseRows(rows, 'id', (row) => toBusinessTransaction(row, id)),
        iban,
      ),
  };
}

function createList(
  context: ListingContext,
  source: Pick<NewestFirstSource<Json>, 'fetchPage' | 'rereadMs'>,
): AccountJournal['list'] {
  const journal = { ...readJsonRows('id', 'createdAt'), isTokenFirstId: true, ...source };
  return (since) => newestFirst(journal, since, context);
}

/** Links rows to each other and to the rows that were served before. */
async function linkToServed(
  rows: readonly UnlinkedTransaction[],
  { feedReader }: MollieContext,
): Promise<Transaction[]> {
  const ids = rows
    .flatMap(({ preferredId, linked }) => [preferredId, linked?.relatedTransactionId])
    .filter((id) => id !== undefined);
  const served = ids.length === 0 ? [] : await feedReader.findLatest('transactions', [...new Set(ids)]);
  const owners = [...served].map(
    ([id, { metadata }]) => [id, metadata[BALANCE_TRANSACTION_KEY] ?? id] as const,
  );
  return linkTransactions(rows, new Map(owners));
}
