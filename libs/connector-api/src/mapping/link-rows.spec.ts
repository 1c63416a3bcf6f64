import { Json } from '../http/json-accessors.js';
import type { FeedReader } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { toPayment } from './movements.js';
import { toRefund } from './refunds-and-disputes.js';
import { linkRows } from './link-rows.js';
import type { UnlinkedRow } from './link-rows.js';
import { findNearestMovement } from './find-nearest-movement.js';

const OWN_ID_KEY = 'com.acme.spec/row_id';
const fields = (id: string, units: bigint) => ({
  ...{ id, createdAt: '2026-01-10T12:00:00Z', accountId: 'acc-1' },
  ...{ amount: { amount: units, asset: 'EUR/2' }, metadata: { [OWN_ID_KEY]: id } },
});

function payment(id: string, of: string): UnlinkedRow {
  const row = toPayment(fields(id, 1000n));
  return { row, preferredId: of, linked: { ...row, relatedTransactionId: of, status: 'CAPTURE' } };
}

function refund(id: string, of: string): UnlinkedRow {
  const row: Transaction = { ...toPayment(fields(id, -300n)), type: 'OTHER' };
  return { row, linked: toRefund({ id: of, type: 'PAYIN' }, fields(id, -300n)) };
}

function createFeed(served: Readonly<Record<string, string>>): FeedReader {
  const find = (id: string) => {
    const owner = served[id];
    return owner === undefined ? [] : [[id, { metadata: { [OWN_ID_KEY]: owner } }] as const];
  };
  return { findLatest: async (_stream, ids) => new Map(ids.flatMap(find)) };
}

const link = async (rows: UnlinkedRow[], served: Readonly<Record<string, string>> = {}) =>
  (await linkRows(rows, createFeed(served), OWN_ID_KEY)).map(
    ({ id, type, status, relatedTransactionId: of }) => `${id} ${type} ${status}${of ? ` of ${of}` : ''}`,
  );

it('a row takes the id that it prefers, and a refund finds it, in one page or in the feed', async () => {
  expect(await link([payment('r1', 'pay-1'), refund('r2', 'pay-1')])).toEqual([
    'pay-1 PAYIN SUCCEEDED',
    'r2 PAYIN REFUNDED of pay-1',
  ]);
  expect(await link([refund('r2', 'pay-1')], { 'pay-1': 'r1' })).toEqual(['r2 PAYIN REFUNDED of pay-1']);
});

it('a refund whose payment was never served, or comes after it, stands alone', async () => {
  expect(await link([refund('r2', 'pay-1')])).toEqual(['r2 OTHER SUCCEEDED']);
  expect(await link([refund('r2', 'pay-1'), payment('r1', 'pay-1')])).toEqual([
    'r2 OTHER SUCCEEDED',
    'pay-1 PAYIN SUCCEEDED',
  ]);
});

it('a refund takes the id that it prefers, whether it is linked or not', async () => {
  const named = (id: string): UnlinkedRow => ({ ...refund(id, 'pay-1'), preferredId: 're-1' });
  expect(await link([payment('r1', 'pay-1'), named('r2'), named('r3')])).toEqual([
    'pay-1 PAYIN SUCCEEDED',
    're-1 PAYIN REFUNDED of pay-1',
    'r3 PAYIN REFUNDED of pay-1',
  ]);
  expect(await link([named('r2')])).toEqual(['re-1 OTHER SUCCEEDED']);
});

it('no row takes the id of another one; a row that is read again keeps its own', async () => {
  expect(await link([payment('r1', 'pay-1'), payment('r2', 'pay-1')])).toEqual([
    'pay-1 PAYIN SUCCEEDED',
    'r2 PAYIN CAPTURE of pay-1',
  ]);
  expect(await link([payment('r1', 'pay-1')], { 'pay-1': 'r1' })).toEqual(['pay-1 PAYIN SUCCEEDED']);
  expect(await link([payment('r2', 'pay-1')], { 'pay-1': 'r1' })).toEqual(['r2 PAYIN CAPTURE of pay-1']);
});

describe('the object that a row executes', () => {
  const objects = Json.parse(
    `[{"id":"a","at":"2026-01-10T09:00:00Z"},{"id":"b","at":"2026-01-10T13:00:00Z"},{"id":"c","at":7},
      {"id":"d","at":"2026-01-10T12:00:00Z","units":5}]`,
  ).array();
  const find = (minMs: number, maxMs: number) =>
    findNearestMovement(toPayment(fields('r1', -1000n)), objects, {
      getAmount: (one) => ({ amount: one.has('units') ? 5n : 1000n, asset: 'EUR/2' }),
      getTime: (one) => one.optionalTime('at'),
      ...{ minMs, maxMs },
    })?.string('id');

  it('is the nearest one with its amount, in the accepted range; one that cannot be parsed is left out', () => {
    const hour = 3_600_000;
    expect(find(-2 * hour, 5 * hour)).toBe('b');
    expect(find(0, 5 * hour)).toBe('a');
    expect(find(0, hour)).toBeUndefined();
  });
});

it('a row that names a refund or a row of another type stands alone, because clients would take it for a payment', async () => {
  const paid: UnlinkedRow = { row: toPayment(fields('r3', -500n)), preferredId: 'out-1' };
  const named: UnlinkedRow = { ...refund('r2', 'pay-1'), preferredId: 're-1' };
  expect(
    await link([payment('r1', 'pay-1'), named, refund('r4', 're-1'), paid, refund('r5', 'out-1')]),
  ).toEqual([
    'pay-1 PAYIN SUCCEEDED',
    're-1 PAYIN REFUNDED of pay-1',
    'r4 OTHER SUCCEEDED',
    'out-1 PAYOUT SUCCEEDED',
    'r5 OTHER SUCCEEDED',
  ]);
  const metadata = { [OWN_ID_KEY]: 'r2', 'com.tributary.spec/movement': 'refund' };
  const feed: FeedReader = { findLatest: async () => new Map([['re-1', { metadata }]]) };
  const [row] = await linkRows([refund('r4', 're-1')], feed, OWN_ID_KEY);
  expect(row).toMatchObject({ type: 'OTHER', status: 'SUCCEEDED' });
});

describe('a refund that was served before its payment', () => {
  const served = async (
    rows: UnlinkedRow[],
    status: Transaction['status'],
    relatedTransactionId?: string,
  ) => {
    const transaction: Transaction = {
      ...refund('r2', 'pay-1').row,
      status,
      ...(relatedTransactionId !== undefined && { relatedTransactionId, type: 'PAYIN' as const }),
    };
    const stored = new Map([
      ['r2', { metadata: { [OWN_ID_KEY]: 'r2' }, status, transaction }],
      ['pay-1', { metadata: { [OWN_ID_KEY]: 'r1' } }],
    ]);
    const feed: FeedReader = {
      findLatest: async (_stream, ids) => new Map([...stored].filter(([id]) => ids.includes(id))),
    };
    return (await linkRows(rows, feed, OWN_ID_KEY)).map(({ type, status: now }) => `${type} ${now}`);
  };

  it('stays without a link when its payment comes, because clients would count its amount twice', async () => {
    expect(await served([refund('r2', 'pay-1')], 'SUCCEEDED')).toEqual(['OTHER SUCCEEDED']);
    expect(await served([payment('r1', 'pay-1'), refund('r2', 'pay-1')], 'SUCCEEDED')).toEqual([
      'PAYIN SUCCEEDED',
      'OTHER SUCCEEDED',
    ]);
  });

  it('is linked if its money had not moved, or if it was linked before', async () => {
    expect(await served([refund('r2', 'pay-1')], 'PENDING')).toEqual(['PAYIN REFUNDED']);
    expect(await served([refund('r2', 'pay-1')], 'REFUNDED', 'pay-1')).toEqual(['PAYIN REFUNDED']);
  });
});
