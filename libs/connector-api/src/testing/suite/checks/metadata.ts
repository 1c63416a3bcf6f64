/** Checks of the metadata that reconciliation reads. */
import { MOVEMENTS } from '../../../mapping/movement-kinds.js';
import { COMMON_METADATA_KEYS, COMMON_METADATA_PREFIX } from '../../../mapping/common-metadata.js';
import type { CommonMetadataKey } from '../../../mapping/common-metadata.js';
import { ASSET_PATTERN } from '../../../money.js';
import type { Transaction } from '../../../record.types.js';
import { parseTime } from '../../../time.js';
import { expectThat, failCheck } from '../assertions.js';
import type { Check } from '../check.js';
import type { PluginHarness } from '../plugin-harness.js';

const SECOND = 1000;

export const METADATA_CHECKS: readonly Check[] = [
  {
    name: 'metadata: every row says what it is, and has the keys for reconciliation',
    async run(context) {
      const harness = await context.createHarness();
      await harness.addHistory();
      await addAllMovements(harness);
      await harness.pull();
      const rows = harness.feed.getTransactions();
      expectThat(rows.length >= harness.expected.length, 'the listing lacks rows');
      for (const row of rows) expectValidMetadata(row);
      for (const key of harness.fixture.rowMetadata ?? []) {
        expectThat(
          rows.some(({ metadata }) => metadata?.[COMMON_METADATA_PREFIX + key] !== undefined),
          `the PSP says the ${key} of a payment, but no row has the metadata ${COMMON_METADATA_PREFIX}${key}`,
        );
      }
    },
  },
];

/** Adds one movement of each kind that the fixture supports. */
async function addAllMovements(harness: PluginHarness): Promise<void> {
  const { movements } = harness.fixture;
  if (movements === undefined) return;
  const at = harness.clock.now() - SECOND;
  const [payment, payout] = [
    await harness.addTransaction({ direction: 'in', amount: '77.77' }),
    await harness.addTransaction({ direction: 'out', amount: '77.78' }),
  ];
  const about = { at, currency: 'EUR' };
  await movements.refund?.({ ...about, of: payment.id, amount: '1.01' });
  await movements.fee?.({ ...about, of: payment.id, amount: '1.02' });
  await movements.dispute?.({ ...about, of: payment.id, amount: '1.03' });
  await movements.disputeReversal?.({ ...about, of: payment.id, amount: '1.03' });
  await movements.payoutReturn?.({ ...about, of: payout.id, amount: '77.78' });
  await movements.transfer?.({ ...about, amount: '1.04' });
  await movements.conversion?.({
    ...{ at, sold: { amount: '1.05', currency: 'EUR' }, bought: { amount: '1.06', currency: 'USD' } },
  });
}

const PATTERNS: Readonly<Partial<Record<CommonMetadataKey, readonly [pattern: RegExp, expected: string]>>> = {
  net: [/^-?\d+$/, 'whole minor units'],
  fee: [/^-?\d+$/, 'whole minor units'],
  original_amount: [/^-?\d+$/, 'whole minor units'],
  original_currency: [ASSET_PATTERN, 'an asset like EUR/2'],
  value_date: [/^\d{4}-\d{2}-\d{2}$/, 'a date'],
};

function expectValidMetadata({ id, metadata = {} }: Transaction): void {
  const movement = metadata[`${COMMON_METADATA_PREFIX}movement`];
  expectThat(
    MOVEMENTS.some((known) => known === movement),
    `the row ${id} has the metadata ${COMMON_METADATA_PREFIX}movement "${movement}"; expected one of ${MOVEMENTS.join(', ')}`,
  );
  for (const [key, value] of Object.entries(metadata)) {
    if (!key.startsWith(COMMON_METADATA_PREFIX) || value === undefined) continue;
    expectValidEntry(id, key.slice(COMMON_METADATA_PREFIX.length), value);
  }
}

function expectValidEntry(id: string, name: string, value: string): void {
  // The gateway adds `psp_id` to stored records. A plugin that copies the metadata of a stored record also copies this key.
  if (name === 'psp_id') return;
  const key = COMMON_METADATA_KEYS.find((known) => known === name);
  if (key === undefined) {
    return failCheck(
      `the row ${id} has the metadata ${COMMON_METADATA_PREFIX}${name}, which is none of ${COMMON_METADATA_KEYS.join(', ')}; ` +
        "the PSP's own members belong under com.<psp>.spec/",
    );
  }
  const [pattern, expected] = PATTERNS[key] ?? [/./su, 'a text'];
  expectThat(pattern.test(value), `the row ${id}: ${key} is "${value}", expected ${expected}`);
  if (key !== 'booked_at') return;
  const isTime = parseTime(value) !== undefined || /^\d{4}-\d{2}-\d{2}$/.test(value);
  expectThat(isTime, `the row ${id}: booked_at is "${value}", expected an RFC 3339 time or a date`);
}
