/** All clients drain one server while rows arrive, in lock step: after every few answers the PSP shows its next rows. */
import { Client } from './clients/client.js';
import { connect } from './clients/http-get.js';
import type { ClientVersion } from './clients/versions.js';
import type { Arrival, Version } from './synthetic-psp.js';

export interface Drained {
  clients: Client[];
  /** Every version that the PSP ever showed, as Formance names adjustments. */
  versions: Set<string>;
  /** What it shows in the end. */
  last: Map<string, Version>;
  requests: number;
}

/** Answers between two arrivals, of all clients together: an arrival falls between two pages of one call, too. */
const ANSWERS_PER_ARRIVAL = 16;

/** @param arrive makes rows visible at the server */
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

/** The name that Formance gives to this version of the payment. */
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
