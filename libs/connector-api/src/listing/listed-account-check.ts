/** Checks that the rows of a listing belong to accounts that the PSP lists. */
import type { Json } from '../http/json-accessors.js';
import { readText } from '../mapping/pick-metadata.js';
import { isRejectedRecord } from '../plugin.js';
import type { RejectedRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import type { RecordSource } from './list-sources.js';

/**
 * Creates a function that adds the check to a list of `listSources`: a row that names accounts, of which none is an account of the tenant, is rejected. Otherwise its
 * money would be booked to an account that clients never see.
 * @param listAccounts requests all accounts, each with its id in `id`. It is called before the first row, and once more for a page with an unknown account, because the PSP may have
 * opened this account during the listing
 * @param listed the accounts that were listed already. If there are any, `listAccounts` is called only for a page with an unknown account
 */
export function createListedAccountCheck(
  listAccounts: () => Promise<readonly Json[]>,
  listed: readonly Json[] = [],
): (source: RecordSource<Transaction>) => RecordSource<Transaction> {
  const getIds = (rows: readonly Json[]) => new Set(rows.map((row) => readText(row, 'id')));
  let known = getIds(listed);
  const isUnknown = (item: Transaction | RejectedRecord) => {
    if (isRejectedRecord(item)) return false;
    const named = [item.sourceAccountId, item.destinationAccountId].filter((id) => id !== undefined);
    return named.length > 0 && !named.some((id) => known.has(id));
  };
  const check = async (items: readonly (Transaction | RejectedRecord)[]) => {
    if (items.some(isUnknown)) known = getIds(await listAccounts());
    return items.map((item) => (isUnknown(item) ? rejectUnknownAccount(item as Transaction) : item));
  };
  return (source) => ({
    ...source,
    async *list(since) {
      for await (const step of source.list(since)) {
        const rows = [];
        for (const content of step.rows) rows.push({ ...content, items: await check(content.items) });
        yield { ...step, rows };
      }
    },
  });
}

function rejectUnknownAccount({ id, sourceAccountId, destinationAccountId }: Transaction): RejectedRecord {
  const named = [sourceAccountId, destinationAccountId].filter((each) => each !== undefined).join(' and ');
  return { id, reason: `the row names ${named}, and the list of accounts contains no such account` };
}
