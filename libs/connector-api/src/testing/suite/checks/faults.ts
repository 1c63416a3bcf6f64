/** Checks of faults during a listing. The plugin must throw a `PspError` of the right kind, and the next listing must be complete. */
import type { PspErrorKind } from '../../../errors.js';
import type { Fault } from '../../fault-injection.js';
import { expectThat, requireFixturePart } from '../assertions.js';
import type { Check } from '../check.js';
import { expectErrorKind, expectPspError } from '../expect-psp-error.js';
import { isRequestOf } from '../../fake-route.js';
import { hasRows } from '../json-bodies.js';
import type { PluginHarness } from '../plugin-harness.js';
import type { CheckContext } from '../check-context.js';

/**
 * The timeout of requests and the delay of responses in checks of slow responses, in ms. Both are real time, in contrast to the manual
 * clock.
 */
const SHORT_TIMEOUT_MS = 150;
const SLOW_RESPONSE_MS = 600;

const DAY_MS = 86_400_000;

interface FaultCase {
  name: string;
  fault: Fault;
  kind: PspErrorKind;
  /**
   * True if the error may concern only one account. A plugin that then continues with the other accounts may report `unavailable` instead.
   */
  mayConcernOneAccount?: true;
  /** The expected `details.retryAfterMs` of the error. `null` means that it must be absent. `undefined` means that it is not checked. */
  retryAfterMs?: number | null;
}

const FIREWALL_PAGE = '<!DOCTYPE html><title>Attention Required!</title>';

const FAULT_CASES: readonly FaultCase[] = [
  { name: '401', fault: { status: 401 }, kind: 'unauthorized' },
  { name: '403', fault: { status: 403 }, kind: 'unauthorized', mayConcernOneAccount: true },
  { name: '404', fault: { status: 404 }, kind: 'rejected', mayConcernOneAccount: true },
  {
    name: '429 with Retry-After',
    fault: { status: 429, retryAfter: '3600' },
    kind: 'rate-limited',
    retryAfterMs: 3_600_000,
  },
  { name: '429 without Retry-After', fault: { status: 429 }, kind: 'rate-limited', retryAfterMs: null },
  { name: '500', fault: { status: 500 }, kind: 'unavailable' },
  { name: '503 with Retry-After', fault: { status: 503, retryAfter: '60' }, kind: 'unavailable' },
  {
    name: '403 with HTML, as a firewall sends it',
    fault: { response: { status: 403, headers: { 'content-type': 'text/html' }, rawBody: FIREWALL_PAGE } },
    kind: 'unavailable',
  },
  {
    name: '403 with JSON, as a firewall sends it',
    fault: {
      response: { status: 403, body: { title: 'Error 1020: Access denied', cloudflare_error: true } },
    },
    kind: 'unavailable',
  },
  { name: 'an empty object', fault: { response: { status: 200, body: {} } }, kind: 'unavailable' },
  { name: 'null', fault: { response: { status: 200, body: null } }, kind: 'unavailable' },
  { name: '204 without a body', fault: { response: { status: 204 } }, kind: 'unavailable' },
  { name: 'a connection that is reset', fault: 'reset', kind: 'unavailable' },
  { name: 'an answer that is cut off', fault: 'truncated', kind: 'unavailable' },
  { name: 'JSON that ends in the middle', fault: 'broken-json', kind: 'unavailable' },
  { name: 'HTML instead of JSON', fault: 'html', kind: 'unavailable' },
  { name: 'an answer that is too slow', fault: { delayMs: SLOW_RESPONSE_MS }, kind: 'unavailable' },
];

export const FAULT_CHECKS: readonly Check[] = [
  ...FAULT_CASES.map((one): Check => ({
    name: `faults: ${one.name}`,
    run: (context) => runFaultCase(context, one),
  })),
  {
    name: 'faults: a link that leads back to a page that was read before',
    run: expectLoopIsNoEnd,
  },
];

/**
 * Checks that a link that leads back to the same page does not end the listing silently. The fake PSP answers each further request with its
 * second page that contains rows. A plugin that requests rows by time or number then gets rows that it did not request. The listing must
 * end, and the remaining rows must arrive after the fault has ended.
 */
async function expectLoopIsNoEnd(context: CheckContext): Promise<void> {
  const harness = await context.createHarness('one');
  const { fake, listingRequest } = requireFixturePart(harness.fixture.http, 'http');
  // The rows are so old that they can no longer change. Otherwise, a listing might read them again only because they could change.
  const at = harness.clock.now() - 5 * DAY_MS;
  for (let row = 0; row < 5; row += 1) await harness.addTransaction({ at });
  let pagesWithRows = 0;
  let repeated: unknown;
  fake.transformResponse = (request, body) => {
    if (!isRequestOf(listingRequest, request)) return body;
    pagesWithRows += hasRows(body) ? 1 : 0;
    if (pagesWithRows >= 2) repeated ??= body;
    return repeated ?? body;
  };
  await harness.pull().catch((thrown: unknown) => {
    expectErrorKind(thrown, ['unavailable'], 'a listing whose link leads back to a page');
  });
  fake.transformResponse = undefined;
  await harness.pullAfterDetectionDelay();
  harness.expectAllTransactions('the listing after one that was led in a circle');
}

/** Runs a fault case twice: with the fault at the first request, and with the fault in the middle of a listing. */
async function runFaultCase(context: CheckContext, one: FaultCase): Promise<void> {
  for (const nth of [1, 3]) {
    const harness = await context.createHarness('one');
    const { fake, listingRequest } = requireFixturePart(harness.fixture.http, 'http');
    await harness.addHistory();
    fake.injectFault({ fault: one.fault, ...listingRequest, nth, times: Infinity });
    if (isDelay(one.fault)) harness.clock.timeoutOverrideMs = SHORT_TIMEOUT_MS;
    await expectFault(harness, one, nth);
    harness.clock.timeoutOverrideMs = undefined;
    fake.clearFaults();
    await harness.pull();
    harness.expectAllTransactions(`the listing after one that met ${one.name} at request ${nth}`);
  }
}

async function expectFault(
  harness: PluginHarness,
  { name, kind, mayConcernOneAccount, retryAfterMs }: FaultCase,
  nth: number,
): Promise<void> {
  const when = `${name} at request ${nth} of a listing`;
  const kinds: PspErrorKind[] = mayConcernOneAccount === true ? [kind, 'unavailable'] : [kind];
  const error = await expectPspError(() => harness.pull(), kinds, when);
  if (retryAfterMs === undefined) return;
  const found = error.details.retryAfterMs ?? null;
  expectThat(found === retryAfterMs, `${when}: details.retryAfterMs is ${found}, expected ${retryAfterMs}`);
}

function isDelay(fault: Fault): boolean {
  return typeof fault === 'object' && 'delayMs' in fault;
}
