/** Checks of the transaction listing: completeness, order, pagination and resuming. */
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import type { PluginHarness } from '../plugin-harness.js';
import type { Transaction } from '../../../record.types.js';
import type { PluginRecord } from '../in-memory-feed.js';
import type { PspFixtureOptions } from '../suite.types.js';
import { parseTime } from '../../../time.js';
import { isRejectedRecord } from '../../../plugin.js';
import type { CheckContext } from '../check-context.js';

const SECOND = 1000;
const HOUR = 3_600_000;
/**
 * The maximum number of rows in a check that reads one row per page. Its number of requests grows with the square of the number of rows.
 */
const MAX_ROWS_OF_SHORT_PAGES = 8;

export const LISTING_CHECKS: readonly Check[] = [
  {
    name: 'listings: a PSP where nothing happened yet',
    async run(context) {
      const harness = await context.createHarness();
      await harness.pull();
      await harness.addTransaction();
      await harness.pull();
      harness.expectAllTransactions('the first transaction ever, after a listing that found nothing');
    },
  },
  {
    name: 'listings: from the start and from every cursor, one row a page',
    run: (context) => resumeFromEveryCursor(context, 'one'),
  },
  {
    name: 'listings: from the start and from every cursor, pages as long as the PSP gives them',
    run: (context) => resumeFromEveryCursor(context, 'largest'),
  },
  {
    name: 'listings: end when they have caught up, and say nothing twice as new',
    async run(context) {
      const harness = await context.createHarness();
      await harness.addHistory();
      await harness.pull();
      for (const time of ['second', 'third']) {
        const { newVersions } = await harness.pull();
        expectThat(
          newVersions === 0,
          `a ${time} listing brought ${newVersions} new versions although nothing had happened`,
        );
      }
      harness.expectAllTransactions('after three listings');
    },
  },
  {
    name: 'listings: oldest first',
    run: expectOldestFirst,
  },
  {
    name: 'listings: more rows with one time than a page holds',
    async run(context) {
      const harness = await context.createHarness();
      const at = harness.clock.now() - 3 * HOUR;
      const rows = harness.fixture.maxPageSize * 2 + 3;
      for (let row = 0; row < rows; row += 1) await harness.addTransaction({ at });
      await harness.pull();
      harness.expectAllTransactions('a listing with more rows of one time than a page holds');
    },
  },
  {
    name: 'listings: a row with the same time as the last one that was listed',
    async run(context) {
      const harness = await context.createHarness('one');
      await harness.addHistory();
      const at = harness.clock.now() - SECOND;
      await harness.addTransaction({ at });
      await harness.pull();
      await harness.addTransaction({ at });
      await harness.pullAfterDetectionDelay();
      harness.expectAllTransactions('a row that turned up with the time of the last one');
    },
  },
  {
    name: 'listings: rows that turn up while it is read',
    async run(context) {
      const harness = await context.createHarness('one');
      await harness.addHistory();
      let page = 0;
      for await (const { page: read } of harness.readPages('transactions', harness.feed, undefined)) {
        harness.setCursor('transactions', read.cursor);
        page += 1;
        if (page <= 2) await harness.addTransaction();
      }
      await harness.pullAfterDetectionDelay();
      harness.expectAllTransactions('after a listing during which rows turned up, and one more');
    },
  },
];

/** Checks that a listing that resumes from the cursor of any page returns all remaining transactions. */
async function resumeFromEveryCursor(
  context: CheckContext,
  pageSize: PspFixtureOptions['pageSize'],
): Promise<void> {
  const harness = await context.createHarness(pageSize);
  await harness.addHistory();
  await addDenseRows(harness, pageSize === 'one' ? MAX_ROWS_OF_SHORT_PAGES : harness.fixture.maxPageSize + 2);
  const { checkpoints } = await harness.pull();
  harness.expectAllTransactions('the first listing');
  await harness.addTransaction();
  for (const [index, checkpoint] of checkpoints.entries()) {
    harness.clock.advance(SECOND);
    const feed = await harness.resumeFrom('transactions', checkpoint);
    harness.expectAllTransactions(
      `a listing from the cursor of page ${index + 1} of ${checkpoints.length}`,
      feed,
    );
  }
  await harness.pull();
  harness.expectAllTransactions('the listing after the first');
  const { serializationErrors, rejectedRecords } = harness.feed;
  expectThat(serializationErrors.length === 0, `a record cannot be served: ${serializationErrors[0]}`);
  expectThat(
    rejectedRecords.size === 0,
    `good rows were refused: ${[...rejectedRecords.values()].map(({ reason }) => reason)[0]}`,
  );
}

/** Adds rows of which several have a time within the same second. */
async function addDenseRows(harness: PluginHarness, rows: number): Promise<void> {
  const start = harness.clock.now() - 40 * HOUR;
  for (let row = 0; row < rows; row += 1) {
    await harness.addTransaction({ at: start + Math.floor(row / 4) * 7 * SECOND });
  }
}

/** Checks the order within pages and across the first listing. It applies to a PSP without late rows. */
async function expectOldestFirst(context: CheckContext): Promise<void> {
  for (const pageSize of ['one', 'largest'] as const) {
    const harness = await context.createHarness(pageSize);
    await harness.addHistory();
    const { pages } = await harness.pull();
    const times = pages.flatMap(({ items }) =>
      items.flatMap((item) => (isRejectedRecord(item) ? [] : getTimeMs(item))),
    );
    const wrong = times.findIndex((time, index) => time < (times[index - 1] ?? 0));
    expectThat(
      wrong === -1,
      `row ${wrong + 1} of the first listing is older than the one before it: a listing is oldest first`,
    );
    expectThat(times.length >= harness.expected.length, 'the first listing lacks rows');
  }
}

function getTimeMs(item: PluginRecord): number {
  const { createdAt, updatedAt } = item as Transaction;
  return parseTime(updatedAt ?? createdAt)?.milliseconds ?? 0;
}
