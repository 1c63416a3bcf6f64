/** Lets all clients read from one server while rows arrive. After a fixed number of responses, the PSP lists its next rows. */
import { GenericConnectorClient } from '../libs/conformance/src/clients/generic-connector-client.js';
import { createClientConnection } from '../libs/conformance/src/clients/client-connection.js';
import type { ClientVersion } from '../libs/conformance/src/clients/client-versions.js';
import type { Arrival, TransactionVersion } from './generate-psp-history.js';

export interface ReadResult {
  clients: GenericConnectorClient[];
  /** Every version that the PSP has listed so far. The name of a version is the name that Formance gives to the adjustment. */
  versions: Set<string>;
  /** The last version of each row, by id. */
  lastVersions: Map<string, TransactionVersion>;
  requestCount: number;
}

/**
 * The number of responses to all clients together between two arrivals. It is so low that rows also arrive between two pages of one call.
 */
const RESPONSES_PER_ARRIVAL = 16;

/**
 * Lets the clients poll until all rows have arrived and no client gets a new row.
 * @param arrive makes rows visible at the server
 */
export async function readWhileRowsArrive(
  versions: readonly ClientVersion[],
  server: { url: string; key: string },
  history: Iterable<Arrival>,
  arrive: (arrival: Arrival) => void | Promise<void>,
): Promise<ReadResult> {
  const psp = new SimulatedPsp(history[Symbol.iterator](), arrive);
  await psp.showNext();
  const connections = versions.map(() => createClientConnection(server.url, server.key));
  const clients = versions.map(
    (version, index) =>
      new GenericConnectorClient(version, async (path) => {
        await psp.countResponse();
        return connections[index]!.get(path);
      }),
  );
  try {
    await Promise.all(clients.map((client) => pollUntilCaughtUp(client, psp)));
  } finally {
    for (const connection of connections) connection.close();
  }
  return { clients, versions: psp.versions, lastVersions: psp.lastVersions, requestCount: psp.responseCount };
}

/** Returns the name that Formance gives to this version of the payment. */
export function getAdjustmentName({ id, type, createdAt, status }: TransactionVersion): string {
  return `${id} ${type} / ${id} ${createdAt} ${status}`;
}

async function pollUntilCaughtUp(client: GenericConnectorClient, psp: SimulatedPsp): Promise<void> {
  for (let known = -1, ended = false; !ended || client.formance.adjustments.size > known;) {
    ended = psp.isComplete;
    known = client.formance.adjustments.size;
    await client.poll('transactions');
  }
}

class SimulatedPsp {
  readonly versions = new Set<string>();
  readonly lastVersions = new Map<string, TransactionVersion>();
  isComplete = false;
  responseCount = 0;
  private arriving: Promise<void> = Promise.resolve();

  constructor(
    private readonly history: Iterator<Arrival>,
    private readonly arrive: (arrival: Arrival) => void | Promise<void>,
  ) {}

  async countResponse(): Promise<void> {
    if (++this.responseCount % RESPONSES_PER_ARRIVAL === 0 && !this.isComplete) {
      this.arriving = this.arriving.then(() => this.showNext());
    }
    await this.arriving;
  }

  async showNext(): Promise<void> {
    const next = this.history.next();
    this.isComplete = next.done === true;
    if (next.done) return;
    await this.arrive(next.value);
    for (const version of next.value) {
      this.versions.add(getAdjustmentName(version));
      this.lastVersions.set(version.id, version);
    }
  }
}
