/** Checks of the transaction listing: completeness, order, pagination and resuming. */
import { expectThat } from '../assertions.js';
import type { Check } from '../check.js';
import type { Scene } from '../scene.js';
import type { Transaction } from '../../../records.js';
import type { Item } from '../suite-feed.js';
import type { WorldOptions } from '../suite.types.js';
import { parseTime } from '../../../time.js';
import { isRefusal } from '../../../plugin.js';
import type { Trial } from '../trial.js';

const SECOND = 1000;
const HOUR = 3_600_000;

export const LISTING_CHECKS: readonly Check[] = [
  {
    name: 'listings: a PSP where nothing happened yet',
    async run(trial) {
      const scene = await trial.open();
      await scene.pull();
      await scene.add();
      await scene.pull();
      scene.expectAll('the first transaction ever, after a listing that found nothing');
    },
  },
  {
    name: 'listings: from the start and from every cursor, one row a page',
    run: (trial) => everyCursor(trial, 'one'),
  },
  {
    name: 'listings: from the start and from every cursor, pages as long as the PSP gives them',
    run: (trial) => everyCursor(trial, 'largest'),
  },
  {
    name: 'listings: end when they have caught up, and say nothing twice as new',
    async run(trial) {
      const scene = await trial.open();
      await scene.addHistory();
      await scene.pull();
      for (const time of ['second', 'third']) {
        const { news } = await scene.pull();
        expectThat(
          news === 0,
          `a ${time} listing brought ${news} new versions although nothing had happened`,
        );
      }
      scene.expectAll('after three listings');
    },
  },
  {
    name: 'listings: oldest first',
    run: oldestFirst,
  },
  {
    name: 'listings: more rows with one time than a page holds',
    async run(trial) {
      const scene = await trial.open();
      const at = scene.clock.now() - 3 * HOUR;
      const rows = scene.world.largestPage * 2 + 3;
      for (let row = 0; row < rows; row += 1) await scene.add({ at });
      await scene.pull();
      scene.expectAll('a listing with more rows of one time than a page holds');
    },
  },
  {
    name: 'listings: a row with the same time as the last one that was listed',
    async run(trial) {
      const scene = await trial.open('one');
      await scene.addHistory();
      const at = scene.clock.now() - SECOND;
      await scene.add({ at });
      await scene.pull();
      await scene.add({ at });
      await scene.pullLater();
      scene.expectAll('a row that turned up with the time of the last one');
    },
  },
  {
    name: 'listings: rows that turn up while it is read',
    async run(trial) {
      const scene = await trial.open('one');
      await scene.addHistory();
      let page = 0;
      for await (const { page: read } of scene.pages('transactions', scene.feed, undefined)) {
        scene.resumeAt('transactions', read.cursor);
        page += 1;
        if (page <= 2) await scene.add();
      }
      await scene.pullLater();
      scene.expectAll('after a listing during which rows turned up, and one more');
    },
  },
];

/** Checks that a listing resumed from the cursor of any page returns all remaining transactions. */
async function everyCursor(trial: Trial, pageSize: WorldOptions['pageSize']): Promise<void> {
  const scene = await trial.open(pageSize);
  await scene.addHistory();
  await fill(scene, pageSize === 'one' ? 16 : 2 * (scene.world.largestPage + 1));
  const { checkpoints } = await scene.pull();
  scene.expectAll('the first listing');
  await scene.add();
  for (const [index, checkpoint] of checkpoints.entries()) {
    scene.clock.advance(SECOND);
    const feed = await scene.resume('transactions', checkpoint);
    scene.expectAll(`a listing from the cursor of page ${index + 1} of ${checkpoints.length}`, feed);
  }
  await scene.pull();
  scene.expectAll('the listing after the first');
  const { unservable, refusals } = scene.feed;
  expectThat(unservable.length === 0, `a record cannot be served: ${unservable[0]}`);
  expectThat(
    refusals.size === 0,
    `good rows were refused: ${[...refusals.values()].map(({ refused }) => refused)[0]}`,
  );
}

/** Adds rows with several per second. */
async function fill(scene: Scene, rows: number): Promise<void> {
  const start = scene.clock.now() - 40 * HOUR;
  for (let row = 0; row < rows; row += 1) {
    await scene.add({ at: start + Math.floor(row / 4) * 7 * SECOND });
  }
}

/** Checks the order within pages and across the first listing, for a PSP without late rows. */
async function oldestFirst(trial: Trial): Promise<void> {
  for (const pageSize of ['one', 'largest'] as const) {
    const scene = await trial.open(pageSize);
    await scene.addHistory();
    const { pages } = await scene.pull();
    const times = pages.flatMap(({ items }) =>
      items.flatMap((item) => (isRefusal(item) ? [] : timeOf(item))),
    );
    const wrong = times.findIndex((time, index) => time < (times[index - 1] ?? 0));
    expectThat(
      wrong === -1,
      `row ${wrong + 1} of the first listing is older than the one before it: a listing is oldest first`,
    );
    expectThat(times.length >= scene.expected.length, 'the first listing lacks rows');
  }
}

function timeOf(item: Item): number {
  const { createdAt, updatedAt } = item as Transaction;
  return parseTime(updatedAt ?? createdAt)?.milliseconds ?? 0;
}
