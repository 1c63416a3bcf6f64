/** Checks of rows that appear late, change, disappear or are malformed. */
import { expectThat, failCheck, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import type { PluginHarness } from '../plugin-harness.js';
import { findRecords, formatTransactions } from '../expect-records.js';
import type { ExpectedTransaction } from '../expect-records.js';

const SECOND = 1000;
/** The share of the PSP's limits that the checks use, e.g. of the maximum time by which a row can be late. */
const LIMIT_FRACTION = 0.9;

export const LATE_AND_CHANGED_ROW_CHECKS: readonly Check[] = [
  {
    name: 'changes: a row that turns up late',
    async run(context) {
      for (const pageSize of ['one', 'largest'] as const) {
        const harness = await context.createHarness(pageSize);
        await harness.addHistory();
        await harness.pull();
        await harness.addTransaction();
        await harness.pull();
        const { maxLatenessMs } = harness.timings;
        await harness.addTransaction({
          at: wholeSecond(harness.clock.now() - Math.max(maxLatenessMs * LIMIT_FRACTION, 2 * SECOND)),
        });
        await harness.pullAfterDetectionDelay();
        harness.expectAllTransactions(
          `a row that turned up ${Math.round((maxLatenessMs * LIMIT_FRACTION) / SECOND)} s after its time`,
        );
      }
    },
  },
  {
    name: 'changes: a status that changes long after the row was listed',
    async run(context) {
      const harness = await context.createHarness('one');
      const changeStatus = requireFixturePart(harness.fixture.changeStatus, 'changeStatus');
      await harness.addHistory();
      const { maxChangeAgeMs } = harness.timings;
      const at = wholeSecond(harness.clock.now() - maxChangeAgeMs * LIMIT_FRACTION);
      const old = await harness.addTransaction({ at, state: 'open' });
      const fresh = await harness.addTransaction({ state: 'open' });
      await harness.pull();
      harness.expectAllTransactions('before the change');
      for (const one of [old, fresh]) await changeStatus.call(harness.fixture, one.id);
      await harness.pullAfterDetectionDelay();
      for (const one of [old, fresh]) expectStatusChange(one, harness);
    },
  },
  {
    name: 'changes: rows that vanish',
    async run(context) {
      const harness = await context.createHarness('one');
      const removeTransaction = requireFixturePart(harness.fixture.removeTransaction, 'removeTransaction');
      await harness.addHistory();
      const { checkpoints } = await harness.pull();
      const gone = [0, 4, harness.expected.length - 1].flatMap((index) => harness.expected[index] ?? []);
      for (const { id } of gone) await removeTransaction.call(harness.fixture, id);
      await harness.addTransaction();
      await harness.pullAfterDetectionDelay();
      harness.expectAllTransactions('after the first, one and the newest row of the PSP had vanished');
      for (const [index, checkpoint] of checkpoints.entries()) {
        const feed = await harness.resumeFrom('transactions', checkpoint);
        for (const { id } of gone) harness.removeExpected(id);
        harness.expectAllTransactions(`from the cursor of page ${index + 1}, after rows had vanished`, feed);
      }
    },
  },
  {
    name: 'changes: a row that makes no sense is refused, and the listing goes on',
    async run(context) {
      for (const pageSize of ['one', 'largest'] as const) {
        const harness = await context.createHarness(pageSize);
        const addMalformedRow = requireFixturePart(harness.fixture.addMalformedRow, 'addMalformedRow');
        await harness.addHistory();
        await addMalformedRow.call(harness.fixture, harness.clock.now() - 2 * SECOND);
        await harness.addTransaction();
        await harness.pull();
        harness.expectAllTransactions('with a row that makes no sense among the others');
        const { rejectedRecords, serializationErrors } = harness.feed;
        expectThat(
          rejectedRecords.size + serializationErrors.length > 0,
          'the row that makes no sense was not refused',
        );
        const known = rejectedRecords.size;
        await harness.pull();
        expectThat(rejectedRecords.size === known, 'a row that is refused again has another id than before');
        await harness.addTransaction();
        await harness.pull();
        harness.expectAllTransactions('after a row that makes no sense');
      }
    },
  },
];

/** Checks that a record has a version with another status and with the same `createdAt`. */
function expectStatusChange(expected: ExpectedTransaction, harness: PluginHarness): void {
  harness.expectAllTransactions('after the change');
  const [record] = findRecords(expected, harness.feed);
  const versions = harness.feed
    .getVersions('transactions')
    .find((all) => all.at(-1)?.item.id === record?.id)
    ?.map(({ item }) => item);
  const [first, last] = [versions?.[0], versions?.at(-1)];
  if (!first || !last || !('status' in first) || !('status' in last))
    return failCheck('a record has no versions');
  expectThat(
    first.status !== last.status,
    `${formatTransactions([expected])} changed at the PSP, but it is still ${last.status} here`,
  );
  expectThat(
    first.createdAt === last.createdAt,
    `createdAt of ${formatTransactions([expected])} was ${first.createdAt} and is now ${last.createdAt}: it is one value for all versions`,
  );
}

function wholeSecond(time: number): number {
  return Math.floor(time / SECOND) * SECOND;
}
