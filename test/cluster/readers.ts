/** Every release of the connector as a client of every history. All clients read through the balancer the whole time. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from '../clients/client.js';
import { connect, type Connection } from '../clients/http-get.js';
import { READERS } from '../clients/versions.js';
import { KEY } from './deployment.js';
import type { History } from './history.js';

const PAUSE = 300;
const PATIENCE = 120_000;

/** A 503, or a closed connection. The run ends, and the next run continues. */
class NotNow extends Error {}

interface Reader {
  history: History;
  client: Client;
  connection: Connection;
}

export class Readers {
  /** Errors that a client must never see. */
  readonly surprises: string[] = [];
  runs = 0;
  interrupted = 0;
  private readonly all: Reader[];

  constructor(histories: readonly History[], url: string) {
    this.all = histories.flatMap((history) =>
      READERS.map((version) => {
        const connection = connect(`${url}/${history.name}`, KEY);
        return { history, connection, client: new Client(version, (path) => getNow(connection, path)) };
      }),
    );
  }

  async readUntil(isOver: () => boolean): Promise<void> {
    await Promise.all(this.all.map((reader) => this.follow(reader, isOver)));
  }

  /**
   * Polls until nothing changes any more.
   * @returns the missing and additional versions of each reader
   */
  async settle(): Promise<string[]> {
    let left = this.differences();
    for (let since = performance.now(); left.length > 0 && performance.now() - since < PATIENCE;) {
      await sleep(PAUSE);
      await Promise.all(this.all.map((reader) => this.poll(reader)));
      const now = this.differences();
      if (now.join() !== left.join()) since = performance.now();
      left = now;
    }
    return left;
  }

  close(): void {
    for (const { connection } of this.all) connection.close();
  }

  get length(): number {
    return this.all.length;
  }

  private async follow(reader: Reader, isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await this.poll(reader);
      await sleep(PAUSE * (0.5 + Math.random()));
    }
  }

  private async poll({ client, history }: Reader): Promise<void> {
    this.runs++;
    try {
      await client.poll('accounts');
      await client.poll('transactions');
    } catch (error) {
      if (error instanceof NotNow) this.interrupted++;
      else this.surprises.push(`${client.version.name} at ${history.name}: ${String(error)}`);
    }
  }

  private differences(): string[] {
    return this.all.flatMap(({ client, history }) => {
      const { adjustments, accounts } = client.formance;
      const missing = [...history.versions].filter((version) => !adjustments.has(version));
      const invented = [...adjustments].filter((version) => !history.versions.has(version));
      if (missing.length + invented.length === 0 && accounts.size === ACCOUNTS) return [];
      return `${client.version.name} at ${history.name}: ${accounts.size} accounts, ${missing.length} versions missing (${missing.slice(0, 2).join(', ')}), ${invented.length} invented`;
    });
  }
}

/** Number of accounts that the plugin lists. */
const ACCOUNTS = 30;

async function getNow({ get }: Connection, path: string) {
  const answer = await get(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ECONNRESET' || error.code === 'ECONNREFUSED' ? new NotNow(error.code) : error;
  });
  if (answer.status === 503) throw new NotNow('503');
  return answer;
}
