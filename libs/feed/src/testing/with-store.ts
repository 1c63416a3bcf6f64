import { openStore, type Store } from '../index.js';

/** Opens the store, and closes it after the work, also if the work fails. */
export async function withStore<T>(url: string, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await openStore(url);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
