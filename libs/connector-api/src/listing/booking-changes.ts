/**
 * Finds the changes of objects in the list of their bookings, for a PSP that lists objects, e.g. transfers, by the time of their creation only. A
 * booking that no served row contains shows that its object has changed, however old the object is. Such an object is requested by its id.
 */
import { PspError } from '../errors.js';
import type { Json } from '../http/json-accessors.js';
import type { FeedReader } from '../plugin.js';
import type { Metadata } from '../record.types.js';
import type { ChangesSource, LateObject } from './changed-objects-listing.js';
import type { ListingStep } from './listing.types.js';

/** Identifies a booking, its object, and the account whose balance it changes. The cursor can contain it. */
export interface BookingReference {
  bookingId: string;
  objectId: string;
  accountId: string;
  /** The id of the payment under whose id the booking can be served. */
  paymentId?: string | undefined;
}

export interface BookingChangesOptions<Position> {
  /** Lists the bookings after a position with one of the strategies, e.g. `timeWindows`. */
  listBookings: (since: Position | undefined) => AsyncIterable<ListingStep<Json, Position>>;
  /** Returns the id of a row of the list, which identifies it together with its account. */
  getRowId: (booking: Json) => string;
  /** @returns `undefined` for a booking that belongs to no object. It costs a warning, because no row contains it */
  readReference: (booking: Json) => BookingReference | undefined;
  /** Returns the ids under which the rows of this booking can be served. */
  listServedIds: (booking: BookingReference) => readonly string[];
  /** The metadata keys under which a row contains the id of its booking and the id of its account. */
  keys: { booking: string; account: string };
  /** Requests an object. @returns `undefined` if it does not exist (yet) */
  fetchObject: (id: string, signal: AbortSignal) => Promise<Json | undefined>;
  /** Returns whether an object shows a booking. */
  containsBooking: (object: Json, booking: BookingReference) => boolean;
  feedReader: FeedReader;
}

/** The number of bookings that are looked up in the feed at once. */
const BOOKINGS_PER_LOOKUP = 20;

/**
 * Creates a source of `changes` or `listThenChanges`, whose rows are the changed objects. The row of another account is the other side of a
 * transfer between two accounts: it stands for both sides, so its bookings need no request. A booking that its object does not show yet is a
 * warning, and each listing requests its object again.
 */
export function createBookingChanges<Position>(
  options: BookingChangesOptions<Position>,
): ChangesSource<Json, Position, Json> {
  const { getRowId, readReference, fetchObject, containsBooking } = options;
  return {
    listEvents: options.listBookings,
    getEventId: getRowId,
    getId: getRowId,
    getObjectId: (booking) => {
      const reference = readReference(booking);
      return reference && JSON.stringify(reference);
    },
    maxIdsPerRequest: BOOKINGS_PER_LOOKUP,
    fetchObjects: async (ids, signal) => {
      const bookings = await findUnservedBookings(options, ids.map(parseReference));
      const objectIds = [...new Set(bookings.map(({ objectId }) => objectId))];
      const found = await Promise.all(objectIds.map((id) => fetchObject(id, signal).catch(ignoreRefusal)));
      const objectById = new Map(found.map((object, index) => [objectIds[index], object]));
      const missing = bookings.filter((booking) => {
        const object = objectById.get(booking.objectId);
        return object === undefined || !containsBooking(object, booking);
      });
      return { rows: found.filter((object) => object !== undefined), late: missing.map(toLateObject) };
    },
  };
}

/** Some PSPs refuse the request of an object that they do not have yet. A refused object counts as not found, so it is requested again. */
function ignoreRefusal(error: unknown): undefined {
  if (!(error instanceof PspError) || error.kind !== 'rejected') throw error;
}

function parseReference(text: string): BookingReference {
  return JSON.parse(text) as BookingReference;
}

/** Returns the bookings that no served row contains. */
async function findUnservedBookings(
  {
    listServedIds,
    keys,
    feedReader,
  }: Pick<BookingChangesOptions<never>, 'listServedIds' | 'keys' | 'feedReader'>,
  bookings: readonly BookingReference[],
): Promise<BookingReference[]> {
  const served = await feedReader.findLatest('transactions', [...new Set(bookings.flatMap(listServedIds))]);
  const contains = (metadata: Metadata, { bookingId, accountId }: BookingReference) =>
    metadata[keys.booking] === bookingId || (metadata[keys.account] ?? accountId) !== accountId;
  return bookings.filter((booking) => {
    const rows = listServedIds(booking).map((id) => served.get(id));
    return !rows.some((row) => row !== undefined && contains(row.metadata, booking));
  });
}

function toLateObject(booking: BookingReference): LateObject {
  const { bookingId, objectId, accountId } = booking;
  const message = `the booking ${bookingId} on ${accountId} is not served yet, because ${objectId} does not contain it; it is requested again`;
  return { id: JSON.stringify(booking), warning: { id: `missing-booking-${bookingId}`, message } };
}
