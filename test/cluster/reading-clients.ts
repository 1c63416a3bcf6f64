/** Runs every release of the connector as a client of every history. All clients read through the balancer all the time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { GenericConnectorClient } from '../../libs/conformance/src/clients/generic-connector-client.js';
import {
  createClientConnection,
  type ClientConnection,
} from '../../libs/conformance/src/clients/client-connection.js';
import { READER_VERSIONS } from '../../libs/conformance/src/clients/client-versions.js';
import { READER_KEY } from './deployment.js';
import type { PspHistory } from './psp-history.js';

const POLL_INTERVAL_MS = 300;
const SETTLE_TIMEOUT_MS = 120_000;

/** Thrown when the response was 503, or the connection was closed. The run of the client ends, and the next run continues. */
class TemporarilyUnavailableError extends Error {}

export interface ReadingOptions {
  /** The mean time in milliseconds between two runs of a client. */
  pollIntervalMs?: number;
  /**
   * True if a request may remain without a response. On a busy machine, a stop of the database can take longer than the timeout of the
   * client. The next run of the client continues.
   */
  acceptsTimeouts?: boolean;
}

interface Reader {
  history: PspHistory;
  client: GenericConnectorClient;
  connection: ClientConnection;
}

export class ReadingClients {
  /** The errors that a client must never get. */
  readonly unexpectedErrors: string[] = [];
  runCount = 0;
  interruptedCount = 0;
  /** The number of requests without a response, if they are accepted. */
  timeoutCount = 0;
  private readonly all: Reader[];

  constructor(
    histories: readonly PspHistory[],
    url: string,
    private readonly options: ReadingOptions = {},
  ) {
    this.all = histories.flatMap((history) =>
      READER_VERSIONS.map((version) => {
        const connection = createClientConnection(`${url}/${history.name}`, READER_KEY);
        return {
          history,
          connection,
          client: new GenericConnectorClient(version, (path) => getOrThrowUnavailable(connection, path)),
        };
      }),
    );
  }

  async readUntil(isOver: () => boolean): Promise<void> {
    await Promise.all(this.all.map((reader) => this.pollUntil(reader, isOver)));
  }

  /**
   * Polls until there is no more change.
   * @returns the missing versions and the additional versions of each reader
   */
  async waitUntilSettled(): Promise<string[]> {
    let left = this.findDifferences();
    for (let since = performance.now(); left.length > 0 && performance.now() - since < SETTLE_TIMEOUT_MS;) {
      await sleep(POLL_INTERVAL_MS);
      await Promise.all(this.all.map((reader) => this.poll(reader)));
      const now = this.findDifferences();
      if (now.join() !== left.join()) since = performance.now();
      left = now;
    }
    return left;
  }

  close(): void {
    for (const { connection } of this.all) connection.close();
  }

  get count(): number {
    return this.all.length;
  }

  private async pollUntil(reader: Reader, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.poll(reader);
      await sleep((this.options.pollIntervalMs ?? POLL_INTERVAL_MS) * (0.5 + Math.random()));
    }
  }

  private async poll({ client, history }: Reader): Promise<void> {
    this.runCount++;
    try {
      await client.poll('accounts');
      await client.poll('transactions');
    } catch (error) {
      const isTimeout = this.isAcceptedTimeout(error);
      if (isTimeout) this.timeoutCount++;
      if (error instanceof TemporarilyUnavailableError || isTimeout) this.interruptedCount++;
      else this.unexpectedErrors.push(`${client.version.name} at ${history.name}: ${String(error)}`);
    }
  }

  private isAcceptedTimeout(error: unknown): boolean {
    return (
      this.options.acceptsTimeouts === true &&
      error instanceof Error &&
      error.message.startsWith('no answer within')
    );
  }

  private findDifferences(): string[] {
    return this.all.flatMap(({ client, history }) => {
      const { adjustments, accounts } = client.formance;
      const missing = [...history.versions].filter((version) => !adjustments.has(version));
      const invented = [...adjustments].filter((version) => !history.versions.has(version));
      if (missing.length + invented.length === 0 && accounts.size === ACCOUNT_COUNT) return [];
      return `${client.version.name} at ${history.name}: ${accounts.size} accounts, ${missing.length} versions missing (${missing.slice(0, 2).join(', ')}), ${invented.length} invented`;
    });
  }
}

/** The number of accounts that the plugin lists. */
const ACCOUNT_COUNT = 30;

async function getOrThrowUnavailable({ get }: ClientConnection, path: string) {
  const answer = await get(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ECONNRESET' || error.code === 'ECONNREFUSED'
      ? new TemporarilyUnavailableError(error.code)
      : error;
  });
  if (answer.status === 503) throw new TemporarilyUnavailableError('503');
  return answer;
}
