/** The places of a chain, as the feed holds them. See `identity.ts`. */
import type { Mirror, MirroredRecord, Transaction } from '@tributary/connector-api';
import { parseImprint } from './identity.js';
import type { Imprint } from './identity.js';
import { KEY } from './metadata-keys.js';

export interface Seat {
  /** The id of its transaction; details of a batch add `.0`, `.1`, … */
  id: string;
  chain: string;
  /** Absent for a seat that nobody has taken yet. */
  imprint?: Imprint;
  /** Of its transaction, or of its details. */
  status?: string;
  /** The status of the one transaction for all of it, where there is one: beside details it is to be cancelled. */
  whole?: string;
  /** How many details the feed holds instead of one transaction; 0 for one transaction. */
  details: number;
  /** What the feed says of it as a whole, or of its first detail. */
  metadata: Readonly<Record<string, string>>;
}

/** Seats by chain, with what this run has written but the store may not have committed yet. */
export class Seats {
  private recent = new Map<string, MirroredRecord>();
  private older = new Map<string, MirroredRecord>();

  constructor(private readonly mirror: Mirror) {}

  /** The taken seats of each of these chains, in order. */
  async load(chains: ReadonlySet<string>): Promise<Map<string, Seat[]>> {
    const loaded = new Map<string, Seat[]>([...chains].map((chain) => [chain, []]));
    let open = [...loaded];
    // Most chains have no seat or one; the longer one has proved to be, the more is asked for at once.
    for (let width = 1; open.length > 0; width *= 2) {
      const asked = open.map(([chain, seats]) => ({ chain, seats, from: seats.length }));
      const names = asked.flatMap(({ chain, from }) =>
        Array.from({ length: width }, (_, n) => `${chain}-${from + n}`),
      );
      const found = await this.latest(names.flatMap((id) => [id, `${id}.0`]));
      for (const { chain, seats, from } of asked) {
        for (let n = from; n < from + width; n++) {
          const seat = seatFrom(chain, `${chain}-${n}`, found);
          if (!seat) break;
          seats.push(seat);
        }
      }
      open = asked
        .filter(({ seats, from }) => seats.length === from + width)
        .map(({ chain, seats }) => [chain, seats]);
    }
    return loaded;
  }

  /** Metadata of the details that the feed holds for a seat, by id, in order. */
  async details(seat: Seat): Promise<Map<string, MirroredRecord>> {
    const ids = Array.from({ length: seat.details }, (_, n) => `${seat.id}.${n}`);
    const found = await this.latest(ids);
    return new Map(ids.flatMap((id) => (found.has(id) ? [[id, found.get(id) as MirroredRecord]] : [])));
  }

  /** What goes into the page being built. */
  note(transactions: readonly Transaction[]): void {
    for (const { id, status, metadata } of transactions) {
      const entries = Object.entries(metadata ?? {});
      const given = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
      this.recent.set(id, { status, metadata: Object.fromEntries(given) });
    }
  }

  /** A page was handed over: whoever stores it may be one page behind, and not more. */
  turn(): void {
    this.older = this.recent;
    this.recent = new Map();
  }

  private async latest(ids: readonly string[]): Promise<Map<string, MirroredRecord>> {
    const found = new Map<string, MirroredRecord>();
    const unknown: string[] = [];
    for (const id of ids) {
      const record = this.recent.get(id) ?? this.older.get(id);
      if (record) found.set(id, record);
      else unknown.push(id);
    }
    if (unknown.length > 0) {
      for (const [id, record] of await this.mirror.latest('transactions', unknown)) found.set(id, record);
    }
    return found;
  }
}

function seatFrom(chain: string, id: string, found: ReadonlyMap<string, MirroredRecord>): Seat | undefined {
  const whole = found.get(id);
  const first = found.get(`${id}.0`);
  // A whole that was split is cancelled; details that were joined again do not exist.
  const record = first ?? whole;
  if (!record) return undefined;
  return {
    id,
    chain,
    imprint: parseImprint(record.metadata[KEY.imprint]),
    status: record.status,
    ...(whole?.status !== undefined && { whole: whole.status }),
    details: first ? Number(record.metadata[KEY.batchCount] ?? 1) : 0,
    metadata: record.metadata,
  };
}
