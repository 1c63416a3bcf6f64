/**
 * Generates the history of a PSP with the properties of real PSPs: times in whole seconds, many rows in one second, rows that become
 * visible days late, rows that change, and an occasional bulk import. The same seed always gives the same history.
 */
import { createSeededRandom } from '@tributary/connector-api/testing';
import type { Transaction, TransactionStatus, TransactionType } from '@tributary/connector-api';

/** One version of a transaction. The PSP lists it until the next version of the transaction appears. */
export type TransactionVersion = Transaction & { updatedAt: string };

/** The versions that become visible at the same time. */
export type Arrival = TransactionVersion[];

/** The types that every version of the client supports. */
const TYPES: readonly TransactionType[] = ['PAYIN', 'PAYOUT', 'TRANSFER'];
const START_SECONDS = Date.UTC(2025, 0, 1) / 1000;
/** The default number of versions in a bulk import. */
const BULK_IMPORT_SIZE = 300;
const DAY_SECONDS = 86_400;

/**
 * Generates a history.
 * @param rows minimum number of versions; the last arrival is complete
 * @param size approximate number of versions in an arrival
 * @param bulkSize number of versions in a bulk import
 */
export function* generateHistory(
  rows: number,
  size: number,
  seed: number,
  bulkSize = BULK_IMPORT_SIZE,
): Generator<Arrival> {
  const random = createSeededRandom(seed);
  const pending: TransactionVersion[] = [];
  let clock = START_SECONDS;
  let made = 0;
  let next = 0;

  const create = (second: number): TransactionVersion => {
    const at = formatSeconds(second);
    const id = `tx-${next++}`;
    const type = TYPES[next % TYPES.length]!;
    const amount = { amount: BigInt(1 + Math.floor(random() * 1e6)), asset: 'EUR/2' };
    return { id, createdAt: at, updatedAt: at, type, status: 'PENDING', amount };
  };
  const createEvent = (): TransactionVersion => {
    if (random() < 0.5) clock += Math.floor(random() * 4);
    const kind = random();
    if (kind < 0.25 && pending.length > 0)
      return createNextVersion(removeRandom(pending, random), formatSeconds(clock), random);
    // The row is booked late. It contains the time of the payment, not the time of the booking.
    return create(kind < 0.3 ? clock - Math.floor(random() * 3 * DAY_SECONDS) : clock);
  };

  for (let count = 0; made < rows; count++) {
    clock += 1;
    const bulk = count % 20 === 7;
    const arrival = Array.from({ length: bulk ? bulkSize : size }, () =>
      bulk ? create(clock) : createEvent(),
    );
    for (const version of arrival) if (version.status !== 'FAILED') pending.push(version);
    made += arrival.length;
    yield arrival;
  }
}

/**
 * Creates the next version of a transaction with another status: PENDING → SUCCEEDED or FAILED; SUCCEEDED → FAILED (a return). Each status
 * occurs only once, so the status identifies a version.
 */
function createNextVersion(
  version: TransactionVersion,
  now: string,
  random: () => number,
): TransactionVersion {
  const status: TransactionStatus = version.status === 'PENDING' && random() < 0.8 ? 'SUCCEEDED' : 'FAILED';
  return { ...version, status, updatedAt: now };
}

function removeRandom(versions: TransactionVersion[], random: () => number): TransactionVersion {
  const index = Math.floor(random() * versions.length);
  const [taken] = versions.splice(index, 1, versions.at(-1)!);
  versions.pop();
  return taken!;
}

function formatSeconds(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
