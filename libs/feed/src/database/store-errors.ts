/** Errors of the store. */
import { GatewayUnavailableError } from '@tributary/connector-api';

/** Another writer holds the lease of the feed. Nothing was written, and the caller must stop. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(connector: string, stream: string) {
    super(`the lease of ${connector}/${stream} was lost to another writer; nothing was written`);
  }
}

/** The store could not be opened. */
export class StoreOpenError extends Error {
  override readonly name = 'StoreOpenError';

  /**
   * @param store path or URL without its password
   * @param reason what a person can do about it
   * @param isTransient true when a later attempt can succeed without any change, because the database is not available yet
   */
  constructor(
    readonly store: string,
    readonly reason: string,
    readonly isTransient: boolean,
    cause: unknown,
  ) {
    super(`the store ${JSON.stringify(store)} cannot be opened: ${reason}`, { cause });
  }
}

/**
 * The database did not respond, or not in time. Retry later. The data may have been written, because the response to a commit can be
 * lost.
 */
export class StoreUnavailableError extends GatewayUnavailableError {
  override readonly name = 'StoreUnavailableError';

  /** @param store path or URL without its password */
  constructor(
    readonly store: string,
    reason: string,
    cause: unknown,
  ) {
    super(`the store ${store} is not available: ${reason}`, { cause });
  }
}
