/** Checks of faults during a listing: the plugin throws a `PspError` of the right kind, and the next listing is complete. */
import type { PspErrorKind } from '../../../errors.js';
import type { Fault } from '../../fake-faults.js';
import { expectThat, given } from '../assertions.js';
import type { Check } from '../check.js';
import { expectError } from '../psp-errors.js';
import type { Scene } from '../scene.js';
import type { Trial } from '../trial.js';

/** Real timeout of requests, and real delay of responses, in checks of slow responses (ms). */
const SHORT_DEADLINE = 150;
const SLOW = 600;

interface FaultCase {
  name: string;
  fault: Fault;
  kind: PspErrorKind;
  /** Expected `details.retryAfterMs` of the error. `null`: it must be absent. `undefined`: not checked. */
  retryAfter?: number | null;
}

const CASES: readonly FaultCase[] = [
  { name: '401', fault: { status: 401 }, kind: 'unauthorized' },
  { name: '403', fault: { status: 403 }, kind: 'unauthorized' },
  { name: '404', fault: { status: 404 }, kind: 'rejected' },
  {
    name: '429 with Retry-After',
    fault: { status: 429, retryAfter: '3600' },
    kind: 'rate-limited',
    retryAfter: 3_600_000,
  },
  { name: '429 without Retry-After', fault: { status: 429 }, kind: 'rate-limited', retryAfter: null },
  { name: '500', fault: { status: 500 }, kind: 'unavailable' },
  { name: '503 with Retry-After', fault: { status: 503, retryAfter: '60' }, kind: 'unavailable' },
  { name: 'a connection that is reset', fault: 'reset', kind: 'unavailable' },
  { name: 'an answer that is cut off', fault: 'truncated', kind: 'unavailable' },
  { name: 'JSON that ends in the middle', fault: 'broken-json', kind: 'unavailable' },
  { name: 'HTML instead of JSON', fault: 'html', kind: 'unavailable' },
  { name: 'an answer that is too slow', fault: { slow: SLOW }, kind: 'unavailable' },
];

export const FAULT_CHECKS: readonly Check[] = CASES.map((one) => ({
  name: `faults: ${one.name}`,
  run: (trial) => meet(trial, one),
}));

/** Injects the fault at the first request, and in the middle of a listing. */
async function meet(trial: Trial, one: FaultCase): Promise<void> {
  for (const nth of [1, 3]) {
    const scene = await trial.open('one');
    const { fake, listing } = given(scene.world.http, 'http');
    await scene.addHistory();
    fake.plan({ fault: one.fault, ...listing, nth, times: Infinity });
    if (isSlow(one.fault)) scene.clock.shortDeadline = SHORT_DEADLINE;
    await expectFault(scene, one, nth);
    scene.clock.shortDeadline = undefined;
    fake.clearFaults();
    await scene.pull();
    scene.expectAll(`the listing after one that met ${one.name} at request ${nth}`);
  }
}

async function expectFault(scene: Scene, { name, kind, retryAfter }: FaultCase, nth: number): Promise<void> {
  const when = `${name} at request ${nth} of a listing`;
  const error = await expectError(() => scene.pull(), [kind], when);
  if (retryAfter === undefined) return;
  const found = error.details.retryAfter ?? null;
  expectThat(
    found === retryAfter,
    `${when}: details.retryAfter is ${found}, expected ${retryAfter} (milliseconds)`,
  );
}

function isSlow(fault: Fault): boolean {
  return typeof fault === 'object' && 'slow' in fault;
}
