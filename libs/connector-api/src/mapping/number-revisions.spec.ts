import { toStoredRecord } from '../testing/suite/in-memory-feed.js';
import type { StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { numberRevisions } from './number-revisions.js';

const ROW: Transaction = {
  ...{ id: 'fee', createdAt: '2026-03-04T10:00:00+01:00', type: 'OTHER', status: 'SUCCEEDED' },
  ...{ amount: { amount: 300n, asset: 'EUR/2' }, sourceAccountId: 'acc', metadata: { note: 'a' } },
};

/** Serves the versions one after the other, and returns their revisions. */
async function serve(...versions: Partial<Transaction>[]): Promise<(string | undefined)[]> {
  return serveWithKeys([], ...versions);
}

async function serveWithKeys(
  keys: readonly string[],
  ...versions: Partial<Transaction>[]
): Promise<(string | undefined)[]> {
  const stored = new Map<string, StoredRecord>();
  const revisions: (string | undefined)[] = [];
  for (const version of versions) {
    const [row] = await numberRevisions([{ ...ROW, ...version }], { findLatest: async () => stored }, keys);
    stored.set(ROW.id, toStoredRecord(row!));
    revisions.push(row?.metadata?.['com.tributary.spec/revision']);
  }
  return revisions;
}

it('numbers each change of what a final row does to balances', async () => {
  const amount = { amount: 200n, asset: 'EUR/2' };
  expect(await serve({}, {}, { amount }, { amount }, {}, {})).toEqual([
    ...[undefined, undefined, '2', '2', '3', '3'],
  ]);
  const back = { sourceAccountId: undefined, destinationAccountId: 'acc' };
  for (const change of [{ status: 'CANCELLED' }, { type: 'PAYOUT' }, back] as Partial<Transaction>[])
    expect(await serve({}, change, {}, change)).toEqual([undefined, '2', '3', '4']);
});

it('a time in another zone, and metadata, are no change of a row', async () => {
  expect(await serve({}, { createdAt: '2026-03-04T09:00:00.000Z' }, { metadata: { note: 'b' } })).toEqual([
    undefined,
    undefined,
    undefined,
  ]);
});

it('numbers changes of the given metadata', async () => {
  const other = { metadata: { note: 'b' } };
  expect(await serveWithKeys(['note'], {}, other, {}, { metadata: { note: 'a', text: 'x' } })).toEqual([
    undefined,
    '2',
    '3',
    '3',
  ]);
});

it('the first decision about a pending row has no number, and every version is different', async () => {
  const pending = { status: 'PENDING' } as const;
  expect(await serve(pending, {}, pending, {}, pending, { status: 'FAILED' })).toEqual([
    ...[undefined, undefined, '2', '2', '3', '3'],
  ]);
});

it('a row whose stored version tells no amount has the number that it had', async () => {
  const found = new Map([[ROW.id, { metadata: { 'com.tributary.spec/revision': '4' } }]]);
  const [row] = await numberRevisions([ROW], { findLatest: async () => found });
  expect(row?.metadata).toEqual({ note: 'a', 'com.tributary.spec/revision': '4' });
});
