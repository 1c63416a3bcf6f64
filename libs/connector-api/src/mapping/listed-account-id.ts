import { InvalidRecordError } from '../errors.js';
import type { Json } from '../http/json-accessors.js';

/**
 * Returns the id of the account of an object, for a PSP that has a list for each account.
 * @param property the property with the id. It can be absent if the object comes from the list of one account
 * @param listedId the account whose list contains the object; `undefined` if the list is that of all accounts
 * @throws InvalidRecordError if the object names another account than its list, because the money belongs to only one of them
 */
export function readListedAccountId(json: Json, property: string, listedId: string | undefined): string {
  const id = listedId === undefined || json.has(property) ? json.string(property) : listedId;
  if (listedId === undefined || id === listedId) return id;
  throw new InvalidRecordError(`${property}: ${id}, in the list of ${listedId}`);
}
