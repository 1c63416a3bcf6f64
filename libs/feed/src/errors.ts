import { UnavailableError } from '@tributary/connector-api';

/** Another writer has taken over the feed: what was to be written was not, and whoever wanted to write must stop. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(connector: string, stream: string) {
    super(`the lease of ${connector}/${stream} was lost to another writer; nothing was written`);
  }
}

/**
 * The database did not answer, or not in time. It passes by itself: try again later. What was to be written may have been
 * written: the answer to a commit can be lost.
 */
export class StoreUnavailableError extends UnavailableError {
  override readonly name = 'StoreUnavailableError';

  /** @param store without its password */
  constructor(
    readonly store: string,
    reason: string,
    cause: unknown,
  ) {
    super(`the store ${store} is not available: ${reason}`, { cause });
  }
}
