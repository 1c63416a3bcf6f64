/**
 * Generates the history of a PSP with the properties of real PSPs: times in whole seconds, many rows in one second, rows that become visible days
 * late, rows that change, and an occasional bulk import. Deterministic: the same seed gives the same history.
 */
import { randomNumbers } from '@tributary/connector-api/testing';
import type { Transaction, TransactionStatus, TransactionType } from '@tributary/connector-api';

/** One version of a transaction, as the PSP shows it from then on. */
export type Version = Transaction & { updatedAt: string };

/** The versions that become visible at once. */
export type Arrival = Version[];

/** Types that every client version knows. */
const TYPES: readonly TransactionType[] = ['PAYIN', 'PAYOUT', 'TRANSFER'];
const START = Date.UTC(2025, 0, 1) / 1000;
const BULK = 300;
const DAY = 86_400;

/**
 * Generates a history.
 * @param rows minimum number of versions; the last arrival is complete
 * @param size approximate number of versions in an arrival
 */
export function* inventHistory(rows: number, size: number, seed: number): Generator<Arrival> {
  const random = randomNumbers(seed);
  const pending: Version[] = [];
  let clock = START;
  let made = 0;
  let next = 0;

  const create = (second: number): Version => {
    const at = time(second);
    const id = `tx-${next++}`;
    const type = TYPES[next % TYPES.length]!;
    const amount = { amount: BigInt(1 + Math.floor(random() * 1e6)), asset: 'EUR/2' };
    return { id, createdAt: at, updatedAt: at, type, status: 'PENDING', amount };
  };
  const event = (): Version => {
    if (random() < 0.5) clock += Math.floor(random() * 4);
    const kind = random();
    if (kind < 0.25 && pending.length > 0) return change(takeOne(pending, random), time(clock), random);
    // The row is booked late, and has the time at which the payment happened.
    return create(kind < 0.3 ? clock - Math.floor(random() * 3 * DAY) : clock);
  };

  for (let count = 0; made < rows; count++) {
    clock += 1;
    const bulk = count % 20 === 7;
    const arrival = Array.from({ length: bulk ? BULK : size }, () => (bulk ? create(clock) : event()));
    for (const version of arrival) if (version.status !== 'FAILED') pending.push(version);
    made += arrival.length;
    yield arrival;
  }
}

/** Changes the status: PENDING → SUCCEEDED or FAILED; SUCCEEDED → FAILED (a return). Each status occurs once, so the status identifies a version. */
function change(version: Version, now: string, random: () => number): Version {
  const status: TransactionStatus = version.status === 'PENDING' && random() < 0.8 ? 'SUCCEEDED' : 'FAILED';
  return { ...version, status, updatedAt: now };
}

function takeOne(versions: Version[], random: () => number): Version {
  const index = Math.floor(random() * versions.length);
  const [taken] = versions.splice(index, 1, versions.at(-1)!);
  versions.pop();
  return taken!;
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
