/**
 * Checks of responses that are wrong once and that nothing distinguishes from a right response: an empty list where the PSP has rows, and an
 * old state of a row.
 */
import { isRequestOf } from '../../fake-route.js';
import { expectThat, failCheck, requireFixturePart } from '../assertions.js';
import type { CheckContext } from '../check-context.js';
import type { Check } from '../check.js';
import { expectErrorKind } from '../expect-psp-error.js';
import { hasRows, replaceElement, takeElement } from '../json-bodies.js';
import { addUpRows } from './row-sums.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export const ONE_TIME_FAULT_CHECKS: readonly Check[] = [
  {
    name: 'faults: an empty list that comes once',
    async run(context) {
      for (const nth of [1, 3]) await expectEmptyListHidesNothing(context, nth);
    },
  },
  {
    name: 'faults: an old state of a row that comes once',
    run: expectOldStateDoesNotStay,
  },
];

/**
 * Replaces one page with rows by the response of a PSP without rows. The listing may fail. The rows are so old that they can no longer change.
 * Otherwise, a listing might read them again only because they could change.
 * @param nth the number of the page that is replaced, among the pages with rows
 */
async function expectEmptyListHidesNothing(context: CheckContext, nth: number): Promise<void> {
  const emptyList = await readEmptyList(context);
  const harness = await context.createHarness('one');
  const { fake, listingRequest } = requireFixturePart(harness.fixture.http, 'http');
  const at = harness.clock.now() - 5 * DAY_MS;
  for (let row = 0; row < 5; row += 1) await harness.addTransaction({ at: at + row * HOUR_MS });
  let pagesWithRows = 0;
  fake.transformResponse = (request, body) => {
    if (!isRequestOf(listingRequest, request) || !hasRows(body)) return body;
    pagesWithRows += 1;
    return pagesWithRows === nth ? emptyList : body;
  };
  await harness.pull().catch((thrown: unknown) => {
    expectErrorKind(thrown, ['unavailable'], 'a listing with an empty list');
  });
  fake.transformResponse = undefined;
  await harness.pullAfterDetectionDelay();
  harness.expectAllTransactions(`after an empty list had come once, instead of page ${nth} with rows`);
}

/** Returns the body with which the PSP answers a request for transactions as long as it has none. */
async function readEmptyList(context: CheckContext): Promise<unknown> {
  const harness = await context.createHarness('one');
  const { fake, listingRequest } = requireFixturePart(harness.fixture.http, 'http');
  let found: unknown;
  fake.transformResponse = (request, body) => {
    if (isRequestOf(listingRequest, request)) found = body;
    return body;
  };
  await harness.pull();
  fake.transformResponse = undefined;
  return found ?? failCheck('a listing of a PSP without rows sends no request of `listingRequest`');
}

/**
 * Shows an old state of a row once, after its final state was listed. When the PSP shows the final state again, the rows must add up as
 * before, although the plugin has listed this state before.
 */
async function expectOldStateDoesNotStay(context: CheckContext): Promise<void> {
  const harness = await context.createHarness();
  const { fake } = requireFixturePart(harness.fixture.http, 'http');
  const changeStatus = requireFixturePart(harness.fixture.changeStatus, 'changeStatus');
  await harness.pull('accounts');
  const transaction = await harness.addTransaction({ state: 'open' });
  // A plugin can add further parts to the PSP's id, separated by dots.
  const [id = ''] = transaction.id.split('.', 1);
  let old: unknown;
  fake.transformResponse = (_request, body) => {
    old ??= takeElement(body, id);
    return body;
  };
  // This listing only takes the old state. The feed of the harness never gets it before the final state.
  await harness.readFromStart('transactions');
  fake.transformResponse = undefined;
  if (old === undefined) failCheck(`no response to the listing contains a row with the id ${id}`);
  await changeStatus.call(harness.fixture, id);
  const sum = async () => {
    await harness.pullAfterDetectionDelay();
    return addUpRows(harness.feed, new Set()).get('the other accounts in EUR/2');
  };
  const before = await sum();
  fake.transformResponse = (_request, body) => replaceElement(body, id, old);
  await sum();
  fake.transformResponse = undefined;
  const after = await sum();
  expectThat(
    before === after,
    `a row added ${before} minor units to the sum of the rows, then the PSP showed its old state once, and now it adds ${after}`,
  );
}
