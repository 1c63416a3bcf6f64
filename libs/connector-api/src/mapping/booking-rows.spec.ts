/** Tests the rows of movements that a PSP books several times: returns, refunds, disputes, restorations, captures. */
import type { Transaction } from '../record.types.js';
import { arrangeBookings, mergeBookings, toBookingRows } from './booking-rows.js';
import type { Booking } from './booking-rows.js';
import type { UnlinkedRow } from './link-rows.js';
import { toPayment } from './movements.js';
import { toRefund } from './refunds-and-disputes.js';

const CREATED_AT = '2026-01-01T00:00:00Z';

function createBooking(amount: bigint, id: string, more: Partial<Booking> = {}): Booking {
  return { id, eventId: id, bookedAt: '2026-01-02T00:00:00Z', amount: { amount, asset: 'EUR/2' }, ...more };
}

const BOUGHT = createBooking(0n, 'b', { amount: { amount: 7n, asset: 'USD/2' } });
const FIELDS = { id: 'p', createdAt: CREATED_AT, accountId: 'own', amount: { amount: 0n, asset: 'EUR/2' } };

/** Returns the rows after the row of the first booking. */
function toLaterRows(main: UnlinkedRow, bookings: readonly Booking[]): UnlinkedRow[] {
  return toBookingRows(bookings, FIELDS, () => main).slice(1);
}

function createPaymentRow(amount: bigint): Transaction {
  return toPayment({ id: 'p', createdAt: CREATED_AT, accountId: 'own', amount: { amount, asset: 'EUR/2' } });
}

function summarize({ row }: UnlinkedRow) {
  const { id, type, status, amount, relatedTransactionId, sourceAccountId, destinationAccountId, metadata } =
    row;
  const movement = metadata?.['com.tributary.spec/movement'];
  return [
    id,
    type,
    status,
    amount.amount,
    relatedTransactionId,
    sourceAccountId ?? destinationAccountId,
    movement,
  ];
}

const RETURN = ['b', 'PAYOUT', 'REFUNDED', 100n, 'p', 'own', 'payout_return'];

it.each<[string, bigint, Booking[], unknown[][]]>([
  ['a returned payout', -100n, [createBooking(100n, 'b')], [RETURN]],
  [
    'a payout that returns and leaves again',
    -100n,
    [createBooking(100n, 'b'), createBooking(-100n, 'c')],
    [RETURN, ['c', 'PAYOUT', 'REFUND_REVERSED', 100n, 'p', 'own', 'refund_reversal']],
  ],
  [
    'a second capture',
    100n,
    [createBooking(40n, 'b')],
    [['b', 'PAYIN', 'CAPTURE', 40n, 'p', 'own', 'payment']],
  ],
  [
    'a refund in part, and a dispute that is won',
    100n,
    [
      createBooking(-30n, 'b'),
      createBooking(-70n, 'c', { isDispute: true }),
      createBooking(70n, 'd', { isDispute: true }),
    ],
    [
      ['b', 'PAYIN', 'REFUNDED', 30n, 'p', 'own', 'refund'],
      ['c', 'PAYIN', 'REFUNDED', 70n, 'p', 'own', 'dispute'],
      ['d', 'PAYIN', 'REFUND_REVERSED', 70n, 'p', 'own', 'dispute_reversal'],
    ],
  ],
  [
    'a booking in another currency',
    100n,
    [createBooking(-30n, 'b', { amount: { amount: -30n, asset: 'USD/2' } })],
    [['b', 'OTHER', 'SUCCEEDED', 30n, undefined, 'own', 'other']],
  ],
])('%s', (_name, amount, later, expected) => {
  const main = { row: createPaymentRow(amount) };
  const rows = toLaterRows(main, [createBooking(amount, 'a'), ...later]);
  expect(rows.map(summarize)).toEqual(expected);
});

it('puts the own account of a return on the other side, and has the time of its booking', () => {
  const [found] = toLaterRows({ row: createPaymentRow(-100n) }, [
    createBooking(-100n, 'a'),
    createBooking(100n, 'b', { metadata: { 'com.acme.spec/event': 'e' } }),
  ]);
  expect(found?.row).toMatchObject({ destinationAccountId: 'own', createdAt: '2026-01-02T00:00:00Z' });
  expect(found?.row.sourceAccountId).toBeUndefined();
  expect(found?.row.metadata).toMatchObject({ 'com.acme.spec/event': 'e' });
});

it('names the id under which the payment is served, and the payment of a refund', () => {
  const bookings = [createBooking(100n, 'a'), createBooking(-100n, 'b')];
  const payment = { row: createPaymentRow(100n), preferredId: 'served' };
  expect(toLaterRows(payment, bookings)[0]?.linked).toMatchObject({
    relatedTransactionId: 'served',
  });
  const fields = {
    id: 'r',
    createdAt: CREATED_AT,
    accountId: 'own',
    amount: { amount: -100n, asset: 'EUR/2' },
  };
  const refund = { row: createPaymentRow(-100n), linked: toRefund({ id: 'served', type: 'PAYIN' }, fields) };
  const reversed = [createBooking(-100n, 'a'), createBooking(100n, 'b')];
  expect(toLaterRows(refund, reversed)[0]?.linked).toMatchObject({
    ...{ id: 'b', relatedTransactionId: 'served', status: 'REFUND_REVERSED', destinationAccountId: 'own' },
  });
});

it('lists the bookings of each event once, oldest first', () => {
  const late = createBooking(1n, 'late', { bookedAt: '2026-01-03T00:00:00+00:00' });
  const early = createBooking(2n, 'early', { bookedAt: '2026-01-03T00:30:00+01:00' });
  expect(mergeBookings([[late], [], [early], [late]])).toEqual([early, late]);
});

it('orders the events of one time by their ids, so that the order of the list does not matter', () => {
  const [a, b] = [createBooking(1n, 'a'), createBooking(2n, 'b')];
  expect(mergeBookings([[b], [a]])).toEqual(mergeBookings([[a], [b]]));
});

const PAYOUT = { ...FIELDS, amount: { amount: -5n, asset: 'EUR/2' } };
const summarizeBookings = (bookings: readonly Booking[]) =>
  bookings.map(({ id, amount }) => `${id} ${amount.amount}`);

it('books by the status of a movement whose events are missing', () => {
  const book = (status: Transaction['status']) =>
    summarizeBookings(arrangeBookings([], { ...PAYOUT, status }));
  expect([book('PENDING'), book('SUCCEEDED'), book('REFUNDED')]).toEqual([
    [],
    ['p -5'],
    ['p -5', 'p.returned 5'],
  ]);
});

it.each<[string, Booking[], string[]]>([
  [
    'a return that is listed first',
    [createBooking(5n, 'b'), createBooking(-5n, 'a')],
    ['a -5', 'p.returned 5'],
  ],
  [
    'a second return after another payout',
    [-5n, 5n, -5n, 5n].map((units, index) => createBooking(units, `e${index}`)),
    ['e0 -5', 'p.returned 5', 'e2 -5', 'e3 5'],
  ],
  ['only a booking against the movement', [createBooking(5n, 'b')], ['b 5']],
  ['a booking in another currency', [createBooking(-5n, 'a'), BOUGHT], ['a -5', 'b 7']],
])('gives the first return the id that it has without events: %s', (_name, bookings, expected) => {
  expect(summarizeBookings(arrangeBookings(bookings, PAYOUT))).toEqual(expected);
});

it('makes two rows of an event that books two currencies against each other', () => {
  const bookings = [
    createBooking(90n, 'b', { eventId: 'e', amount: { amount: 90n, asset: 'USD/2' } }),
    createBooking(-100n, 'a', { eventId: 'e' }),
  ];
  const rows = toBookingRows(bookings, FIELDS, () => ({ row: createPaymentRow(1n) }));
  expect(rows.map(summarize)).toEqual([
    ['p', 'TRANSFER', 'SUCCEEDED', 100n, undefined, 'own', 'conversion'],
    ['p.bought', 'TRANSFER', 'SUCCEEDED', 90n, undefined, 'own', 'conversion'],
  ]);
});
