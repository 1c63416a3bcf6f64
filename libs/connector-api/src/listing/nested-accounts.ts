/** Lists accounts that belong to parents with a list of their own, e.g. the balance accounts of account holders. */
import type { Json } from '../http/json-accessors.js';
import { parseRows } from '../mapping/parse-rows.js';
import { readText } from '../mapping/pick-metadata.js';
import type { Cursor, Page } from '../plugin.js';
import type { Account } from '../record.types.js';
import { createCursorFormat } from './cursor-format.js';
import type { ListingContext } from './listing.types.js';
import { readNestedOffsetPages } from './offset-pages.js';
import type { NestedOffsetSource, OffsetPage } from './offset-pages.js';

/** Where `listNestedAccounts` finds parents and their accounts, and how an account is converted. */
export interface NestedAccountSource {
  /** The name of the plugin, for messages. */
  plugin: string;
  fetchParents: (offset: number) => Promise<OffsetPage<Json>>;
  /** Requests the accounts of a parent by its id. */
  fetchAccounts: (parentId: string, offset: number) => Promise<OffsetPage<Json>>;
  /** @throws InvalidRecordError for an invalid account */
  toAccount: (row: Json, parent: Json) => Account;
}

/**
 * Yields the accounts of all parents. The cursor contains the number of parents that were read, so an interrupted listing continues there. A parent without an id is rejected as if it were an
 * account.
 */
export async function* listNestedAccounts(
  { plugin, fetchParents, fetchAccounts, toAccount }: NestedAccountSource,
  since: Cursor | undefined,
  context: ListingContext,
): AsyncGenerator<Page<Account>> {
  const isPosition = (value: unknown): value is number => Number.isSafeInteger(value);
  const format = createCursorFormat({ plugin, version: 1, isPosition });
  const source: NestedOffsetSource<Json> = {
    fetchParents,
    fetchChildren: async (parent, offset) => {
      const id = readText(parent, 'id');
      return id === undefined ? { rows: [parent], hasNext: false } : fetchAccounts(id, offset);
    },
    getId: (row) => readText(row, 'id') ?? row.toJsonString(),
  };
  for await (const { groups, next } of readNestedOffsetPages(source, format.parse(since) ?? 0, context)) {
    const items = groups.flatMap(({ parent, children }) =>
      parseRows(children, 'id', (row) => toAccount(row, parent)),
    );
    yield { items, cursor: format.serialize(next) };
  }
}
