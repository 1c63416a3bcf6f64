/** All clients read from one server while rows arrive. They are synchronized: after every few responses the PSP shows its next rows. */
import { Client } from './clients/client.js';
import { connect } from './clients/http-get.js';
import type { ClientVersion } from './clients/versions.js';
import type { Arrival, Version } from './synthetic-psp.js';

export interface Drained {
  clients: Client[];
  /** Every version that the PSP showed at any time, named as Formance names adjustments. */
  versions: Set<string>;
  /** The last version of each row, by id. */
  last: Map<string, Version>;
  requests: number;
}

/** Number of responses, of all clients together, between two arrivals. So an arrival also falls between two pages of one call. */
const ANSWERS_PER_ARRIVAL = 16;

/**
 * Lets the clients poll until all rows have arrived and no client sees a new one.
 * @param arrive makes rows visible at the server
 */
export async function drainWhileRowsArrive(
  versions: readonly ClientVersion[],
  server: { url: string; key: string },
  history: Iterable<Arrival>,
  arrive: (arrival: Arrival) => void | Promise<void>,
): Promise<Drained> {
  const psp = new Psp(history[Symbol.iterator](), arrive);
  await psp.showNext();
  const connections = versions.map(() => connect(server.url, server.key));
  const clients = versions.map(
    (version, index) =>
      new Client(version, async (path) => {
        await psp.countAnswer();
        return connections[index]!.get(path);
      }),
  );
  try {
    await Promise.all(clients.map((client) => pollUntilNothingIsNew(client, psp)));
  } finally {
    for (const connection of connections) connection.close();
  }
  return { clients, versions: psp.versions, last: psp.last, requests: psp.answers };
}

/** Returns the name that Formance gives to this version of the payment. */
export function adjustmentOf({ id, type, createdAt, status }: Version): string {
  return `${id} ${type} / ${id} ${createdAt} ${status}`;
}

async function pollUntilNothingIsNew(client: Client, psp: Psp): Promise<void> {
  for (let known = -1, ended = false; !ended || client.formance.adjustments.size > known;) {
    ended = psp.ended;
    known = client.formance.adjustments.size;
    await client.poll('transactions');
  }
}

class Psp {
  readonly versions = new Set<string>();
  readonly last = new Map<string, Version>();
  ended = false;
  answers = 0;
  private arriving: Promise<void> = Promise.resolve();

  constructor(
    private readonly history: Iterator<Arrival>,
    private readonly arrive: (arrival: Arrival) => void | Promise<void>,
  ) {}

  async countAnswer(): Promise<void> {
    if (++this.answers % ANSWERS_PER_ARRIVAL === 0 && !this.ended) {
      this.arriving = this.arriving.then(() => this.showNext());
    }
    await this.arriving;
  }

  async showNext(): Promise<void> {
    const next = this.history.next();
    this.ended = next.done === true;
    if (next.done) return;
    await this.arrive(next.value);
    for (const version of next.value) {
      this.versions.add(adjustmentOf(version));
      this.last.set(version.id, version);
    }
  }
}
