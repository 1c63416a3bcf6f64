import { UnavailableError } from '@tributary/connector-api';

/** Another writer has taken over the feed: what was to be written was not, and whoever wanted to write must stop. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(connector: string, stream: string) {
    super(`the lease of ${connector}/${stream} was lost to another writer; nothing was written`);
  }
}

/** A store could not be opened. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';

  /**
   * @param store without its password
   * @param reason what a person can do about it
   * @param passes whether it may work later with nothing changed: the database is not there yet
   */
  constructor(
    readonly store: string,
    readonly reason: string,
    readonly passes: boolean,
    cause: unknown,
  ) {
    super(`the store ${JSON.stringify(store)} cannot be opened: ${reason}`, { cause });
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
