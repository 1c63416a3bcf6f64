/**
 * Builds the rows of a movement that its PSP books several times under one id, e.g. a payout that is booked and returned later, or a card
 * payment that is captured in parts. The first booking becomes the row of the movement. Each later booking becomes a separate row, which is
 * linked to the first row.
 */
import type { Money } from '../money.js';
import type { Metadata, Transaction } from '../record.types.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { parseTime } from '../time.js';
import type { UnlinkedRow } from './link-rows.js';
import { negateMoney } from './money-from-minor-units.js';
import { isOutgoingMovement, toOtherMovement } from './movements.js';
import type { MovementFields } from './movements.js';
import { reverseRow } from './refunds-and-disputes.js';
import { toConversion } from './transfers.js';

const MOVEMENT_KEY = `${COMMON_METADATA_PREFIX}movement`;

/** One change of an account's balance that belongs to a movement. */
export interface Booking {
  /** The id of the booking's row. The row of the first booking has the id of the movement instead of this id. */
  id: string;
  /** The PSP's id of the event that made this booking. One event can make bookings in several currencies. */
  eventId: string;
  /** The time of the booking's row, in RFC 3339. */
  bookedAt: string;
  /** The amount with its sign. A negative amount leaves the account. */
  amount: Money;
  /** Whether the booking takes back a payment because the payer disputes the payment. */
  isDispute?: boolean;
  metadata?: Metadata;
}

/**
 * Returns the bookings of all events, oldest first. If an event is listed twice, its bookings are returned only once. Events with the same
 * time are ordered by their ids, because the sequence of the PSP's list must not decide which booking gets which row.
 */
export function mergeBookings(bookingsByEvent: readonly (readonly Booking[])[]): Booking[] {
  const getTime = ([booking]: readonly Booking[]) => parseTime(booking?.bookedAt ?? '')?.milliseconds ?? 0;
  const getEventId = ([booking]: readonly Booking[]) => booking?.eventId ?? '';
  const byEvent = new Map(bookingsByEvent.map((ofEvent) => [ofEvent[0]?.eventId, ofEvent]));
  return [...byEvent.values()]
    .sort((a, b) => getTime(a) - getTime(b) || (getEventId(a) < getEventId(b) ? -1 : 1))
    .flat();
}

/**
 * Returns bookings in the sequence that `toBookingRows` expects. The first booking in the direction of the movement comes first, because a
 * return with the same booking date must not become the row of its payout.
 *
 * If there are no bookings, they are derived from the status, because a PSP can show the status of a movement before its events. SUCCEEDED
 * results in one booking. REFUNDED means here that the money moved and came back, so it results in a second booking in the opposite
 * direction. Any other status results in no booking.
 *
 * The first booking in the opposite direction always gets the id `<movement>.returned`. So a return has one row, whether it was derived
 * from the status or read from an event.
 * @param bookings oldest first, see `mergeBookings`
 */
export function arrangeBookings(bookings: readonly Booking[], fields: MovementFields): Booking[] {
  const isIncoming = !isOutgoingMovement(fields);
  const booked = bookings.length > 0 ? bookings : createBookingsByStatus(fields);
  const first = booked.find((booking) => booking.amount.amount > 0n === isIncoming) ?? booked[0];
  if (first === undefined) return [];
  const later = booked.filter((booking) => booking !== first);
  const returned = later.find(({ amount: { amount: units, asset } }) => {
    const isOpposite = units > 0n !== first.amount.amount > 0n;
    return isOpposite && asset === first.amount.asset;
  });
  const rename = (booking: Booking) => ({ ...booking, id: `${fields.id}.returned` });
  return [first, ...later.map((booking) => (booking === returned ? rename(booking) : booking))];
}

function createBookingsByStatus({ id, createdAt, amount, status }: MovementFields): Booking[] {
  const booking = { id, eventId: id, bookedAt: createdAt, amount };
  if (status === 'SUCCEEDED') return [booking];
  if (status !== 'REFUNDED') return [];
  return [booking, { ...booking, id: `${id}.returned`, amount: negateMoney(amount) }];
}

/**
 * Builds the rows of a movement from its bookings. If one event books two currencies in opposite directions, the account exchanged money;
 * the exchange has two rows.
 * @param bookings at least one, see `arrangeBookings`
 * @param fields the fields that all rows share
 * @param createMain builds the row of the first booking. Its argument contains the amount of the first booking, and no status
 */
export function toBookingRows(
  bookings: readonly Booking[],
  fields: MovementFields,
  createMain: (fields: MovementFields) => UnlinkedRow,
): UnlinkedRow[] {
  const [first, second, ...others] = bookings;
  if (first === undefined) return [];
  const { amount, metadata } = first;
  const booked = { ...fields, amount, status: undefined, metadata: { ...fields.metadata, ...metadata } };
  if (second === undefined || !isConversion(first, second)) {
    const main = createMain(booked);
    return [main, ...toLaterBookingRows(main, fields.accountId, bookings)];
  }
  const [sold, bought] = amount.amount < 0n ? [first, second] : [second, first];
  const [sale, purchase] = toConversion({
    ...{ ...booked, amount: sold.amount },
    bought: { id: `${fields.id}.bought`, accountId: fields.accountId, amount: bought.amount },
  });
  const main = { row: sale };
  return [main, { row: purchase }, ...toLaterBookingRows(main, fields.accountId, [sold, ...others])];
}

function isConversion(first: Booking, second: Booking): boolean {
  const [a, b] = [first.amount, second.amount];
  return first.eventId === second.eventId && a.asset !== b.asset && a.amount < 0n !== b.amount < 0n;
}

/**
 * Builds the rows of the bookings after the first booking. A booking in the opposite direction takes money back: a refund, a dispute, a
 * returned payout. A booking in the same direction restores money that was taken back before. If no money was taken back, it adds to the
 * movement (CAPTURE).
 * @param main the row of the first booking
 */
function toLaterBookingRows(
  main: UnlinkedRow,
  accountId: string,
  [first, ...later]: readonly Booking[],
): UnlinkedRow[] {
  let takenBack = 0n;
  return later.map((booking) => {
    const units = booking.amount.amount;
    const isOpposite = first !== undefined && units < 0n !== first.amount.amount < 0n;
    const size = units < 0n ? -units : units;
    if (booking.amount.asset !== first?.amount.asset) return toSeparateRow(main, accountId, booking);
    if (isOpposite) {
      takenBack += size;
      return convertEach(main, (row) => takeBack(row, booking));
    }
    if (takenBack < size) return convertEach(main, (row) => addCapture(row, booking));
    takenBack -= size;
    return convertEach(main, (row) => restore(row, booking));
  });
}

/** Applies a conversion to both forms of a row: the linked and the unlinked row. */
function convertEach(
  { row, preferredId, linked }: UnlinkedRow,
  convert: (row: Transaction) => Transaction,
): UnlinkedRow {
  if (preferredId !== undefined) return { row: convert(row), linked: convert({ ...row, id: preferredId }) };
  return { row: convert(row), ...(linked !== undefined && { linked: convert(linked) }) };
}

function takeBack(row: Transaction, booking: Booking): Transaction {
  const reversed = reverseRow(row, booking.id);
  const isDispute = booking.isDispute === true && row.metadata?.[MOVEMENT_KEY] === 'payment';
  return toBookedRow(reversed, booking, isDispute ? 'dispute' : reversed.metadata?.[MOVEMENT_KEY]);
}

function restore(row: Transaction, booking: Booking): Transaction {
  const movement = row.metadata?.[MOVEMENT_KEY];
  const restored = ['payment', 'payout', 'transfer'].includes(movement ?? '')
    ? booking.isDispute === true && movement === 'payment'
      ? 'dispute_reversal'
      : 'refund_reversal'
    : movement;
  const status = row.status === 'REFUNDED' ? 'REFUNDED' : 'REFUND_REVERSED';
  return toBookedRow(toLinkedRow(row, status), booking, restored);
}

function addCapture(row: Transaction, booking: Booking): Transaction {
  const isLinked = row.status === 'REFUNDED' || row.status === 'REFUND_REVERSED';
  return toBookedRow(
    toLinkedRow(row, isLinked ? row.status : 'CAPTURE'),
    booking,
    row.metadata?.[MOVEMENT_KEY],
  );
}

function toLinkedRow({ orderKey: _, ...row }: Transaction, status: Transaction['status']): Transaction {
  return { ...row, status, relatedTransactionId: row.relatedTransactionId ?? row.id };
}

function toBookedRow(
  { updatedAt: _, ...row }: Transaction,
  { id, bookedAt, amount: { amount, asset }, metadata }: Booking,
  movement: string | undefined,
): Transaction {
  return {
    ...row,
    ...{ id, createdAt: bookedAt, amount: { amount: amount < 0n ? -amount : amount, asset } },
    metadata: { ...row.metadata, ...metadata, [MOVEMENT_KEY]: movement },
  };
}

/**
 * Builds the row of a booking in another asset. Such a booking can neither add to the movement nor take it back, so its row only refers to
 * the movement in the metadata.
 */
function toSeparateRow({ row }: UnlinkedRow, accountId: string, booking: Booking): UnlinkedRow {
  const { id, bookedAt, amount, metadata } = booking;
  const fields = { id, createdAt: bookedAt, accountId, amount, details: { relatedId: row.id } };
  return { row: toOtherMovement({ ...fields, metadata: { ...row.metadata, ...metadata } }) };
}
