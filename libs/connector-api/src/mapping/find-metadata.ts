import type { FeedReader, StoredRecord } from '../plugin.js';
import { fetchObjectsById } from './fetch-objects-by-id.js';

/**
 * Finds a metadata value of transactions to which other rows refer, e.g. the account of the payment that a refund names: in the feed, or else at the PSP.
 * @param ids the PSP's ids of the transactions; `undefined` is ignored
 * @param key the metadata key, or a function that reads another value of a served transaction
 * @param fetchValue requests the value of a transaction that was not served with this key
 * @returns the values by id. An id without a value is omitted
 */
export async function findMetadata(
  ids: readonly (string | undefined)[],
  key: string | ((served: StoredRecord) => string | undefined),
  feedReader: FeedReader,
  fetchValue: (id: string) => Promise<string | undefined>,
): Promise<Map<string, string>> {
  const unique = [...new Set(ids)].filter((id) => id !== undefined);
  const served = await feedReader.findLatest('transactions', unique);
  const readValue = (record: StoredRecord) => (typeof key === 'string' ? record.metadata[key] : key(record));
  const findValue = (record: StoredRecord | undefined) => record && readValue(record);
  return fetchObjectsById(unique, async (id) => findValue(served.get(id)) ?? (await fetchValue(id)));
}
