import type { FeedReader } from '../plugin.js';
import { linkRows } from './link-rows.js';
import type { Movement } from './movement-kinds.js';
import { toUnlinkedRow } from './journal-entry-row.js';

const OWN_ID_KEY = 'com.acme.spec/entry_id';

/** A feed with the payment or payout `orig_1`. Its own entry in the journal is `e_0`. */
const FEED_READER: FeedReader = {
  findLatest: async () => new Map([['orig_1', { metadata: { [OWN_ID_KEY]: 'e_0' } }]]),
};
const EMPTY_FEED_READER: FeedReader = { findLatest: async () => new Map() };

function toUnlinked(movement: Movement, units: bigint, originalId: string | undefined) {
  const amount = { amount: units, asset: 'EUR/2' };
  const metadata = { [OWN_ID_KEY]: 'e_1' };
  return toUnlinkedRow(
    movement,
    { id: 'e_1', createdAt: '2026-03-04T05:06:07Z', accountId: 'acc_1', amount, metadata },
    originalId,
  );
}

async function describeRow(
  movement: Movement,
  units: bigint,
  originalId: string | undefined,
  feedReader = FEED_READER,
): Promise<string> {
  const [row] = await linkRows([toUnlinked(movement, units, originalId)], feedReader, OWN_ID_KEY);
  const of = row?.relatedTransactionId === undefined ? '' : ` of ${row.relatedTransactionId}`;
  const related = row?.metadata?.['com.tributary.spec/related_id'];
  const kind = row?.metadata?.['com.tributary.spec/movement'];
  return `${row?.id} ${row?.type} ${row?.status}${of} (${kind}${related === undefined ? '' : ` of ${related}`})`;
}

it.each<[Movement, bigint, string]>([
  ['payment', 5n, 'e_1 PAYIN CAPTURE of orig_1 (payment)'],
  ['refund', -5n, 'e_1 PAYIN REFUNDED of orig_1 (refund)'],
  ['refund_reversal', 5n, 'e_1 PAYIN REFUND_REVERSED of orig_1 (refund_reversal)'],
  ['dispute', -5n, 'e_1 PAYIN REFUNDED of orig_1 (dispute)'],
  ['dispute_reversal', 5n, 'e_1 PAYIN REFUND_REVERSED of orig_1 (dispute_reversal)'],
  ['adjustment', -5n, 'e_1 PAYIN REFUNDED of orig_1 (adjustment)'],
  ['payout', -5n, 'e_1 PAYOUT SUCCEEDED (payout)'],
  ['payout_return', 5n, 'e_1 PAYOUT REFUNDED of orig_1 (payout_return)'],
  ['fee', -5n, 'e_1 OTHER SUCCEEDED (fee of orig_1)'],
  ['fee', 5n, 'e_1 OTHER SUCCEEDED (fee of orig_1)'],
])('a %s of %s whose payment or payout is served is linked to it', async (movement, units, expected) => {
  expect(await describeRow(movement, units, 'orig_1')).toBe(expected);
});

it('the first entry of a payment or payout is served under the id of that one', async () => {
  expect(await describeRow('payment', 5n, 'pay_1', EMPTY_FEED_READER)).toBe(
    'pay_1 PAYIN SUCCEEDED (payment)',
  );
  expect(await describeRow('payout', -5n, 'po_1', EMPTY_FEED_READER)).toBe('po_1 PAYOUT SUCCEEDED (payout)');
});

it('an entry whose payment was not served, or that names none, is a row of its own', async () => {
  for (const [originalId, feedReader] of [
    ['orig_1', EMPTY_FEED_READER],
    [undefined, FEED_READER],
  ] as const)
    expect(await describeRow('refund', -5n, originalId, feedReader)).toBe('e_1 OTHER SUCCEEDED (refund)');
});

it('the kind of an entry with the wrong sign is unknown; an amount of zero has no sign', async () => {
  expect(await describeRow('refund', 5n, 'orig_1')).toBe('e_1 OTHER SUCCEEDED (other of orig_1)');
  expect(await describeRow('payment', -5n, 'orig_1')).toBe('e_1 OTHER SUCCEEDED (other of orig_1)');
  expect(await describeRow('refund', 0n, 'orig_1')).toBe('e_1 PAYIN REFUNDED of orig_1 (refund)');
});
