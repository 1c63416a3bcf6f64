/** The errors that the store throws. */
import { DamagedDataError, GatewayUnavailableError } from '@tributary/connector-api';

/** Thrown when another process has acquired the lease of the feed. Nothing was written, and the caller must stop. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';

  constructor(connector: string, stream: string) {
    super(`the lease of ${connector}/${stream} was lost to another writer; nothing was written`);
  }
}

/**
 * Thrown when the database is not the store that this process opened, or is in an older state. Nothing was written. The process must end,
 * because the data in its memory belongs to the earlier state.
 */
export class StoreChangedError extends GatewayUnavailableError {
  override readonly name = 'StoreChangedError';

  /**
   * @param store path, or URL without its password
   * @param reason what was found and what was expected
   */
  constructor(
    readonly store: string,
    readonly reason: string,
  ) {
    super(`the store ${store} changed under this gateway, which serves nothing any more: ${reason}`);
  }
}

/** Thrown when connectors of the deployment belong to another plugin or account in the store. */
export class ConnectorConflictError extends Error {
  override readonly name = 'ConnectorConflictError';

  constructor(conflicts: readonly { path: string; expected: string; found: string }[]) {
    const lines = conflicts.map(
      ({ path, expected, found }) => `  ${path}: the store has ${expected}, the deployment file has ${found}`,
    );
    super(
      [
        'the store belongs to another deployment, or a connector was changed; nothing was started:',
        ...lines,
        'Use another store for another deployment. If the change is meant, stop every gateway and run, for each connector,',
        '"tributary connectors adopt" (the same account: pulls go on) or "tributary connectors reset" (another one: everything is pulled again).',
      ].join('\n'),
    );
  }
}

/** Thrown when the deployment file has connectors with the path of a removed or renamed connector. */
export class RetiredPathError extends Error {
  override readonly name = 'RetiredPathError';

  constructor(paths: readonly string[]) {
    super(
      `these paths belonged to connectors that were removed from the store or renamed, and cannot be used again in it: ${paths.join(', ')}. ` +
        'Clients could miss rows of a new feed with an old path. Give the connector another name, or use another store',
    );
  }
}

/** Thrown when the store has the data of a connector under a former path. */
export class RenamePendingError extends Error {
  override readonly name = 'RenamePendingError';

  constructor(from: string, to: string) {
    super(
      `the deployment file has the connector ${to}, and the store has its data as ${from}. Nothing was started. ` +
        `Stop every gateway, and run "tributary connectors rename ${from} ${to} --config FILE"`,
    );
  }
}

/** Thrown when the deployment file has another original path for a connector than the store. */
export class OriginalPathError extends Error {
  override readonly name = 'OriginalPathError';

  constructor(path: string, expected: string, found: string | undefined) {
    const name = expected.split('/').at(-1);
    super(
      `the ids of the orders of ${path} are derived from the path ${expected}, and with the deployment file they would be derived from ${found ?? path}. ` +
        `A repeated order could be paid twice, so nothing was started or changed. ${expected === path ? 'Remove originalName from' : `Set "originalName: ${name}" in`} the entry of the connector`,
    );
  }
}

/** Thrown when the store belongs to another deployment. */
export class DeploymentConflictError extends Error {
  override readonly name = 'DeploymentConflictError';

  /**
   * @param found the deployment to which the store belongs
   * @param deployment the name in the deployment file
   */
  constructor(found: string, deployment: string | undefined) {
    const file = deployment === undefined ? 'names no deployment' : `names the deployment "${deployment}"`;
    super(
      [
        `${found}; the deployment file ${file}. Nothing was started.`,
        'Use another store for another deployment. All gateways of one deployment have the same name in "deployment:".',
        'If the store shall belong to the deployment of this file, stop every gateway and run "tributary store adopt --config FILE".',
      ].join('\n'),
    );
  }
}

/**
 * Thrown when a statement finds another state of the store or the feed than this process expects. The error ends the transaction, and then
 * the caller determines the reason.
 */
export class StaleStateError extends GatewayUnavailableError {
  override readonly name: string = 'StaleStateError';
}

/** Thrown when the store cannot be opened. */
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
 * Thrown when the database did not respond, or responded too late. The caller may try again later. The data may have been written
 * nevertheless, because the response to a commit can be lost.
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

/** Thrown when rows were altered in the database after they had been appended. Such rows cannot be served. */
export class DamagedRowsError extends DamagedDataError {
  override readonly name = 'DamagedRowsError';

  /** @param rows the damaged rows of the page */
  constructor(connector: string, stream: string, rows: readonly { seq: number; id: string }[]) {
    const names = rows.slice(0, 5).map(({ seq, id }) => `${seq} (${id})`);
    super(
      `rows of ${connector}/${stream} are damaged in the database, so their page is not served: expected JSON objects, found something else in row ${names.join(', ')}${rows.length > names.length ? ', and more' : ''}. Check the store with "tributary store check", and put back a backup`,
    );
  }
}

/** Thrown when an operator approves a proposed resolution that was rejected or approved in the meantime. Nothing was written. */
export class ProposalClosedError extends Error {
  override readonly name = 'ProposalClosedError';

  constructor(orderId: string) {
    super(`the proposal about order ${orderId} is no longer open; nothing was written`);
  }
}
