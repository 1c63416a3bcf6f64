/** Lists accounts, converts them, and reads their balances. */
import { parseMoney, parseRows } from '@tributary/connector-api';
import type { Account, Balances, Cursor, Page } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  createJsonRowReader,
  oldestFirst,
  rejectForeignCursor,
  convertStepsToPages,
} from '@tributary/connector-api/listing';
import type { CursorFormat, OldestFirstPosition } from '@tributary/connector-api/listing';
import type { SandboxClient, SandboxContext } from './sandbox.client.js';
import { PLUGIN_NAME } from './sandbox.vocabulary.js';

/**
 * The cursor of accounts and of beneficiaries. It contains the number of rows before the last page. It is not JSON, because older releases
 * read it, too.
 */
export const ROW_COUNT_CURSOR_FORMAT: CursorFormat<OldestFirstPosition> = {
  serialize: ({ token = '0' }) => token,
  parse: (cursor) => {
    if (cursor === undefined) return undefined;
    return /^\d{1,9}$/.test(cursor) ? { token: cursor } : rejectForeignCursor(PLUGIN_NAME, cursor);
  },
};

export async function* listAccountPages(
  context: SandboxContext,
  since: Cursor | undefined,
): AsyncGenerator<Page<Account>> {
  const source = {
    ...createJsonRowReader('id', 'opened'),
    fetchPage: (token: string | undefined, signal: AbortSignal) => context.client.listAccounts(token, signal),
  };
  const steps = oldestFirst(source, ROW_COUNT_CURSOR_FORMAT.parse(since), context);
  yield* convertStepsToPages(steps, ROW_COUNT_CURSOR_FORMAT, (rows) => parseRows(rows, 'id', toAccount));
}

/**
 * Reads the balances of an account.
 * @throws InvalidRecordError if the response violates the PSP's API
 */
export async function readBalances(client: SandboxClient, accountId: string): Promise<Balances> {
  const response = await client.getBalances(accountId);
  return {
    accountId,
    at: response.time('asOf'),
    amounts: response
      .array('held')
      .map((held) => parseMoney(held.decimal('amount'), held.string('currency'))),
  };
}

function toAccount(row: Json): Account {
  return { id: row.string('id'), name: row.string('label'), openedAt: row.time('opened') };
}
