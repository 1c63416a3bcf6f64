/**
 * Requests what other rows refer to by id, one after another, e.g. the refunds that the items of a payout name.
 * @param ids the PSP's ids. Each id is requested once, and `undefined` is ignored
 * @param fetchObject requests one object, or one of its values. @returns `undefined` if the PSP does not have it
 * @returns the objects by id. An object that the PSP does not have is omitted
 */
export async function fetchObjectsById<T>(
  ids: readonly (string | undefined)[],
  fetchObject: (id: string) => Promise<T | undefined>,
): Promise<Map<string, T>> {
  const objects = new Map<string, T>();
  for (const id of new Set(ids)) {
    const found = id === undefined ? undefined : await fetchObject(id);
    if (id !== undefined && found !== undefined) objects.set(id, found);
  }
  return objects;
}
