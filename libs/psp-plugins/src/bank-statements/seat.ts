/** Loads the movements of a group from the feed. See `identity.ts`. */
import type { Mirror, MirroredRecord, Transaction } from '@tributary/connector-api';
import { parseImprint } from './identity.js';
import type { Imprint } from './identity.js';
import { KEY } from './metadata-keys.js';

export interface Seat {
  /** Id of its transaction. Details of a batch have the suffix `.0`, `.1`, … */
  id: string;
  chain: string;
  /** Absent for a new movement. */
  imprint?: Imprint;
  /** Status of its transaction or of its first detail. */
  status?: string;
  /**
   * Status of the transaction for the whole movement, if there is one. If there are details too, it must be
   * cancelled.
   */
  whole?: string;
  /** Number of stored details; 0 if the movement is stored as one transaction. */
  details: number;
  /** Stored metadata of the whole transaction or of its first detail. */
  metadata: Readonly<Record<string, string>>;
}

/** Loads movements from the feed and remembers those of this run, which may not be committed yet. */
export class Seats {
  private recent = new Map<string, MirroredRecord>();
  private older = new Map<string, MirroredRecord>();

  constructor(private readonly mirror: Mirror) {}

  /** Returns the stored movements of each group, in order. */
  async load(chains: ReadonlySet<string>): Promise<Map<string, Seat[]>> {
    const loaded = new Map<string, Seat[]>([...chains].map((chain) => [chain, []]));
    let open = [...loaded];
    // Most groups have one movement or none. The number of requested ids doubles with each round for longer
    // groups.
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

  /** Returns the stored details of a movement, by id, in order. */
  async details(seat: Seat): Promise<Map<string, MirroredRecord>> {
    const ids = Array.from({ length: seat.details }, (_, n) => `${seat.id}.${n}`);
    const found = await this.latest(ids);
    return new Map(ids.flatMap((id) => (found.has(id) ? [[id, found.get(id) as MirroredRecord]] : [])));
  }

  /** Remembers transactions of the page that is being built. */
  note(transactions: readonly Transaction[]): void {
    for (const { id, status, metadata } of transactions) {
      const entries = Object.entries(metadata ?? {});
      const given = entries.filter((entry): entry is [string, string] => entry[1] !== undefined);
      this.recent.set(id, { status, metadata: Object.fromEntries(given) });
    }
  }

  /** Must be called after a page was handed over. The store may be at most one page behind. */
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
  // If a transaction was split into details, use the details: the whole one is cancelled. Details are never
  // joined again.
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
