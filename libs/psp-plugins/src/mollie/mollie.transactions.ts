/**
 * Lists the journals of all balances and business accounts. A journal can only be read from its newest row to its oldest row. The cursor
 * contains one position per journal.
 */
import { convertValidRecords, linkRows, normalizeIban, parseRows, readText } from '@tributary/connector-api';
import type { Cursor, FeedReader, Page, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  createCursorFormat,
  createJsonRowReader,
  isJournalsPosition,
  listJournals,
  convertStepsToPages,
} from '@tributary/connector-api/listing';
import type { AccountJournal, ListingContext } from '@tributary/connector-api/listing';
import type { MollieClient } from './mollie.client.js';
import type { MollieSettings } from './mollie.config.js';
import { toBusinessTransaction, toUnlinkedRows } from './mollie.mapper.js';
import { linkSettlementsToPayouts } from './mollie.payouts.js';
import { linkMovementsToDrafts } from './mollie.transfers.js';
import { BALANCE_TRANSACTION_KEY, type AccountResource } from './mollie.vocabulary.js';

const MINUTE_MS = 60_000;
/**
 * The maximum age in ms of rows of business accounts that are read again. It takes up to two days until the `processedAt` of a SEPA
 * transfer is set, which changes the row.
 */
const BUSINESS_REREAD_MS = 4 * 24 * 60 * MINUTE_MS;

/** The objects that the functions of this plugin share. */
export interface MollieContext extends ListingContext {
  client: MollieClient;
  settings: MollieSettings;
  feedReader: FeedReader;
}

/** The format of the cursor. It contains the position in each journal, by the id of its account. */
export const JOURNALS_CURSOR_FORMAT = createCursorFormat({
  plugin: 'mollie',
  version: 2,
  isPosition: isJournalsPosition,
  upgrade: ({ journals }) => (isJournalsPosition(journals) ? journals : undefined),
});

interface MollieJournal extends AccountJournal<Json> {
  account: Json;
  resource: AccountResource;
}

export async function* listTransactionPages(
  context: MollieContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Transaction>> {
  const start = JOURNALS_CURSOR_FORMAT.parse(since);
  const balances = await findJournals(context, 'balances');
  const journals = [...balances, ...(await findJournals(context, 'businessAccounts'))];
  const steps = listJournals(journals, start, context);
  yield* convertStepsToPages(steps, JOURNALS_CURSOR_FORMAT, (rows, { source }) =>
    mapRows(context, rows, source),
  );
}

/**
 * Returns the journals of all balances or of all business accounts. An invalid account is skipped here, because the list of accounts
 * already reports it.
 */
export async function findJournals(
  { client, settings }: MollieContext,
  resource: AccountResource,
): Promise<MollieJournal[]> {
  const rereadMs = resource === 'balances' ? settings.rereadMinutes * MINUTE_MS : BUSINESS_REREAD_MS;
  const reader = { ...createJsonRowReader('id', 'createdAt'), isTokenFirstId: true, rereadMs };
  return (await client.listAccounts(resource)).flatMap((account): MollieJournal[] => {
    const id = readText(account, 'id');
    if (id === undefined) return [];
    const fetchPage: MollieJournal['fetchPage'] = (token, signal) =>
      client.listJournal(resource, id, { token, signal });
    return [{ ...reader, id, account, resource, fetchPage }];
  });
}

async function mapRows(
  { client, settings, feedReader }: MollieContext,
  rows: readonly Json[],
  { id, account, resource }: MollieJournal,
): Promise<Page<Transaction>['items']> {
  if (resource === 'balances') {
    const parsed = parseRows(rows, 'id', (row) => toUnlinkedRows(row, id));
    return convertValidRecords(parsed, async (valid) => {
      const unlinked = settings.payouts === 'off' ? valid : await linkSettlementsToPayouts(client, valid, id);
      return linkRows(unlinked, feedReader, BALANCE_TRANSACTION_KEY);
    });
  }
  const parsed = parseRows(rows, 'id', (row) => toBusinessTransaction(row, id));
  if (settings.transfers === 'off') return parsed;
  const iban = normalizeIban(readText(account, 'accountDetails', 'iban') ?? '');
  return convertValidRecords(parsed, (valid) => linkMovementsToDrafts(client, valid, iban));
}
