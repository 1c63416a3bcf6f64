/** Tests which objects are requested for bookings: changed ones once, served ones never, and late ones until they contain the booking. */
import { PspError } from '../errors.js';
import { Json } from '../http/json-accessors.js';
import type { Transaction } from '../record.types.js';
import { InMemoryFeed } from '../testing/index.js';
import { createBookingChanges } from './booking-changes.js';
import { changes } from './changed-objects-listing.js';
import type { ChangesPosition } from './changed-objects-listing.js';

const KEYS = { booking: 'com.acme.spec/booking', account: 'com.acme.spec/account' };
const context = { clock: { now: () => 0, sleep: async () => undefined } };

interface Booking {
  id: string;
  object: string;
  account: string;
}

let feed: InMemoryFeed;
let bookings: Booking[];
/** The bookings that each object shows. */
let shown: Record<string, string[]>;
let requested: string[];
let position: ChangesPosition<number> | undefined;

beforeEach(() => {
  feed = new InMemoryFeed();
  bookings = [];
  shown = {};
  requested = [];
  position = undefined;
});

/** Serves the row of a booking. */
function serve({ id, object, account }: Booking, rowId = `${object}.${id}`): void {
  const row: Transaction = {
    id: rowId,
    createdAt: '2026-01-01T00:00:00Z',
    type: 'PAYIN',
    status: 'SUCCEEDED',
    amount: { amount: 1n, asset: 'EUR/2' },
    metadata: { [KEYS.booking]: id, [KEYS.account]: account },
  };
  feed.commitPage('transactions', { items: [row], cursor: 'c' });
}

/** Lists all bookings since the last call. @returns the ids of the warnings */
async function pull(): Promise<string[]> {
  const source = createBookingChanges<number>({
    listBookings: async function* (since = 0) {
      const rows = Json.parse(JSON.stringify(bookings.slice(since))).array();
      yield { rows, position: bookings.length };
    },
    getRowId: (row) => row.string('id'),
    readReference: (row) =>
      row.has('object')
        ? { objectId: row.string('object'), bookingId: row.string('id'), accountId: row.string('account') }
        : undefined,
    listServedIds: ({ objectId, bookingId }) => [objectId, `${objectId}.${bookingId}`],
    keys: KEYS,
    fetchObject: async (id) => {
      requested.push(id);
      if (id === 'refused') throw new PspError('rejected', 'not found', { status: 422 });
      return shown[id] && Json.parse(JSON.stringify({ id, bookings: shown[id] }));
    },
    containsBooking: (object, { bookingId }) =>
      object.at('bookings').toJsonString().includes(`"${bookingId}"`),
    feedReader: feed,
  });
  const warnings: string[] = [];
  for await (const step of changes(source, position, context)) {
    position = JSON.parse(JSON.stringify(step.position)) as ChangesPosition<number>;
    warnings.push(...(step.warnings ?? []).map(({ id }) => id));
  }
  return warnings;
}

it('requests each changed object once, and none whose bookings are served', async () => {
  bookings = ['b1', 'b2', 'b3'].map((id) => ({ id, object: id === 'b3' ? 'o3' : 'o1', account: 'a' }));
  shown = { o1: ['b1', 'b2'] };
  serve(bookings[2]!);
  expect(await pull()).toEqual([]);
  expect(requested).toEqual(['o1']);
});

it('takes the row of another account as the row of both sides', async () => {
  bookings = [{ id: 'b2', object: 'o1', account: 'other side' }];
  serve({ id: 'b1', object: 'o1', account: 'paying side' }, 'o1');
  expect(await pull()).toEqual([]);
  expect(requested).toEqual([]);
});

it('requests an object at each listing until it contains the booking, or until a row contains it', async () => {
  bookings = [
    { id: 'b1', object: 'not found', account: 'a' },
    { id: 'b2', object: 'old state', account: 'a' },
    { id: 'b3', object: 'refused', account: 'a' },
  ];
  const lateIds = ['missing-booking-b1', 'missing-booking-b2', 'missing-booking-b3'];
  shown = { 'old state': ['b0'] };
  for (let listing = 0; listing < 3; listing += 1) expect(await pull()).toEqual(lateIds);
  expect(requested).toHaveLength(9);
  serve(bookings[0]!);
  serve(bookings[2]!);
  shown['old state'] = ['b0', 'b2'];
  expect(await pull()).toEqual([]);
  expect(requested.slice(9)).toEqual(['old state']);
  expect(await pull()).toEqual([]);
  expect(requested).toHaveLength(10);
});

it('a booking without an object costs a warning, and no request', async () => {
  bookings = [{ id: 'b1' } as Booking];
  expect(await pull()).toEqual(['unnamed-b1']);
  expect(await pull()).toEqual([]);
  expect(requested).toEqual([]);
});
