/**
 * Tests that the completeness check finds every kind of loss within one sync after the loss. Where it is possible, the lost rows are read
 * again.
 */
import { acceptGap } from '@tributary/sync';
import { CompletenessWorld } from './completeness-world.js';
import { LossyPsp, type Loss } from './lossy-psp.js';

const HOUR = 3_600_000;
/** The losses that are repaired by reading the rows again, because the PSP still lists them. */
const HEALED: readonly Loss[] = ['short-page', 'empty-success', 'loop', 'bad-source'];

let psp: LossyPsp;
let world: CompletenessWorld;
beforeEach(async () => {
  world = await CompletenessWorld.open((clock) => (psp = new LossyPsp(clock)), {
    ...{ isComparable: true, opening: 'zero', maxLatenessMs: HOUR },
  });
});
afterEach(() => world.close());

/** Runs a sync without faults, and then adds rows that need several pages. */
async function syncAndBook(): Promise<void> {
  for (const account of ['main', 'savings']) psp.book(account, 35);
  // The second sync confirms that the first sync was complete. So if rows are read again later, the reading does not begin before the
  // second sync.
  for (let times = 0; times < 2; times++) expect(await world.sync(HOUR)).toEqual([]);
  for (const account of ['main', 'savings']) psp.book(account, 35);
}

const countRows = async () => (await world.harness.readRows()).length;

describe.each(HEALED)('rows that are lost because of: %s', (loss) => {
  test('are found one sync later, read again, and named in the log', async () => {
    await syncAndBook();
    psp.injectFault(loss, false);
    expect(await world.sync(HOUR)).toEqual([]);
    expect(await countRows()).toBeLessThan(140);
    expect(await world.metric('tributary_completeness_gap', { state: 'suspected' })).toBe(1);

    expect(await world.sync(HOUR)).toEqual([]);
    expect(await countRows()).toBe(140);
    expect(await world.metric('tributary_completeness_gap', { state: 'suspected' })).toBe(0);
    expect(await world.metric('tributary_completeness_rereads_total', { result: 'healed' })).toBe(1);
    // The rows were read again from the last position at which the rows agreed with the balance, not from the beginning.
    expect(psp.fullListings).toBe(1);
    expect(world.harness.findLogLines('had left out rows of account savings')).toHaveLength(1);
    expect(await world.findWarnings()).toEqual([]);
  });

  test('are found in the first sync of a connector, too', async () => {
    psp.book('savings', 70);
    psp.injectFault(loss, false);
    await world.sync(HOUR);
    expect(await countRows()).toBeLessThan(70);
    await world.sync(HOUR);
    expect(await countRows()).toBe(70);
    expect(psp.fullListings).toBe(2);
  });

  test('are not lost by a plugin with the mend, and raise no alarm', async () => {
    await syncAndBook();
    psp.injectFault(loss, true);
    await world.sync(HOUR);
    for (let hour = 0; hour < 4; hour++) {
      psp.book('main', 1);
      await world.sync(HOUR);
    }
    expect(await countRows()).toBe(144);
    expect(await world.findDisagreeing()).toEqual([]);
    expect(await world.findWarnings()).toEqual([]);
    expect(psp.fullListings).toBe(1);
  });
});

/**
 * The losses that reading the rows again cannot repair, because the plugin makes the same mistake again. `difference` is the difference
 * that remains.
 */
const GAPS: readonly { loss: Loss; difference: string }[] = [
  { loss: 'metadata-refuses-row', difference: '0.85 EUR lower' },
  { loss: 'dropped-fee', difference: '0.85 EUR lower' },
  { loss: 'paid-but-failed', difference: '0.85 EUR lower' },
  { loss: 'unknown-state', difference: '0.85 EUR lower' },
  { loss: 'second-row', difference: '0.85 EUR higher' },
  { loss: 'sign-of-return', difference: '1.36 EUR higher' },
];

describe.each(GAPS)('money that is missing because of: $loss', ({ loss, difference }) => {
  test('is suspected one sync later, and a gap of this amount after the re-read', async () => {
    await syncAndBook();
    psp.injectFault(loss, false);
    psp.keepsFault = true;
    expect(await world.sync(HOUR)).toEqual([]);
    expect(await world.findDisagreeing()).toEqual(['savings EUR/2']);
    expect(await world.sync(HOUR)).toEqual([]);
    const warnings = await world.findWarnings();
    expect(warnings.map(({ id }) => id)).toEqual(['completeness:savings:EUR/2']);
    expect(warnings[0]?.reason).toContain(
      `the balance of account savings is ${difference} than its rows say`,
    );
    expect(await world.metric('tributary_completeness_gap', { state: 'confirmed' })).toBe(1);
  });

  test('is not missing with the mend, and raises no alarm', async () => {
    await syncAndBook();
    psp.injectFault(loss, true);
    psp.keepsFault = true;
    for (let times = 0; times < 3; times++) await world.sync(HOUR);
    expect(await world.findDisagreeing()).toEqual([]);
    expect(await world.findWarnings()).toEqual([]);
    expect(await countRows()).toBe(140);
  });
});

describe('rows in the wrong currency', () => {
  test('are suspected one sync later in both currencies, and gaps of this amount after the re-read', async () => {
    await syncAndBook();
    psp.injectFault('other-currency', false);
    psp.keepsFault = true;
    expect(await world.sync(HOUR)).toEqual([]);
    expect(await world.findDisagreeing()).toEqual(['savings EUR/2', 'savings MUR/2']);
    await world.sync(HOUR);
    const reasons = (await world.findWarnings()).map(({ reason }) => /is (\S+ \w+ \w+)/.exec(reason)?.[1]);
    expect(reasons.toSorted()).toEqual(['0.85 EUR lower', '0.85 MUR higher']);
  });

  test('do not occur with the mend, and raise no alarm', async () => {
    await syncAndBook();
    psp.injectFault('other-currency', true);
    for (let times = 0; times < 3; times++) await world.sync(HOUR);
    expect(await world.findDisagreeing()).toEqual([]);
  });
});

describe('an account that is no longer listed, because the plugin refuses all of it', () => {
  const hide = (hasMend: boolean) => {
    psp.injectFault('hidden-account', hasMend);
    psp.keepsFault = true;
  };

  test('is suspected one sync later, and its whole balance is a gap after the re-read', async () => {
    await syncAndBook();
    await world.sync(HOUR);
    hide(false);
    await world.sync(HOUR);
    expect(await world.findDisagreeing()).toEqual(['savings EUR/2']);
    await world.sync(HOUR);
    const [sum] = (await world.sums()).filter(({ accountId }) => accountId === 'savings');
    expect(sum?.check.gap?.amount).toBe(-sum!.total);
    expect((await world.findWarnings()).map(({ id }) => id)).toEqual(['completeness:savings:EUR/2']);
  });

  test('is found by a process that has not seen it, and the gap ends when it is listed again', async () => {
    await syncAndBook();
    await world.sync(HOUR);
    world.restart();
    hide(false);
    for (let times = 0; times < 2; times++) await world.sync(HOUR);
    expect(await world.findDisagreeing()).toEqual(['savings EUR/2']);
    hide(true);
    await world.sync(HOUR);
    expect(await world.findDisagreeing()).toEqual([]);
    expect(await world.findWarnings()).toEqual([]);
  });

  test('is not missing if it was closed with the balance zero', async () => {
    psp.book('main', 3);
    psp.bookAmount('savings', 500n);
    psp.bookAmount('savings', -500n);
    await world.sync(HOUR);
    hide(false);
    for (let times = 0; times < 3; times++) await world.sync(HOUR);
    expect(await world.findDisagreeing()).toEqual([]);
  });
});

describe('a malformed row that is quarantined', () => {
  test('is a gap that stays: a data warning names it, once, and its repair ends the gap', async () => {
    await syncAndBook();
    psp.injectFault('malformed-row', false);
    psp.keepsFault = true;
    await world.sync(HOUR);
    expect(await world.findWarnings()).toEqual([]);
    await world.sync(HOUR);
    const [warning, ...more] = await world.findWarnings();
    expect(more).toEqual([]);
    expect(warning).toMatchObject({ id: 'completeness:savings:EUR/2', stream: 'transactions' });
    expect(warning?.reason).toMatch(
      /^the balance of account savings is 0\.85 EUR lower than its rows say since .*, when they agreed last: expected \d+\.\d\d EUR, found .*What may explain it: 1 rejected records in the quarantine$/,
    );
    expect(await world.metric('tributary_completeness_gap', { state: 'confirmed' })).toBe(1);
    expect(await world.metric('tributary_completeness_rereads_total', { result: 'unchanged' })).toBe(1);

    // A gap that stays the same is not logged again, and causes no further reading. Other differences are still found.
    await world.sync(HOUR);
    psp.book('main', 35);
    await world.sync(HOUR);
    expect(world.harness.findLogLines('lower than its rows say')).toHaveLength(1);
    expect(await world.metric('tributary_completeness_rereads_total', { result: 'unchanged' })).toBe(1);
    expect(await world.findDisagreeing()).toEqual(['savings EUR/2']);

    psp.repairRow();
    await world.sync(HOUR);
    expect(await world.findWarnings()).toEqual([]);
    expect(await world.metric('tributary_completeness_gap', { state: 'confirmed' })).toBe(0);
    expect(world.harness.findLogLines('agrees with the rows again')).toHaveLength(1);
  });
});

test('a balance that is wrong at one observation raises no alarm', async () => {
  await syncAndBook();
  psp.balanceError = 1n;
  await world.sync(HOUR);
  psp.balanceError = 0n;
  await world.sync(HOUR);
  psp.balanceError = 2n;
  await world.sync(HOUR);
  psp.balanceError = 0n;
  await world.sync(HOUR);
  expect(await world.findWarnings()).toEqual([]);
  expect(await world.metric('tributary_completeness_rereads_total', { result: 'unchanged' })).toBeUndefined();
});

test('a row that waits for its original and is not in the balance is found, although the feed has no new row', async () => {
  psp.book('savings', 3);
  for (let times = 0; times < 3; times++) await world.sync(HOUR);
  psp.hasUnbookedRefund = true;
  await world.sync(HOUR);
  expect(await countRows()).toBe(3);
  expect(await world.findDisagreeing()).toEqual(['savings EUR/2']);
});

test('a balance that stays wrong is a gap, and a rising gap is reported again', async () => {
  await syncAndBook();
  psp.balanceError = 100n;
  for (let times = 0; times < 2; times++) await world.sync(HOUR);
  const sizes = async () =>
    (await world.findWarnings()).map(({ reason }) => /is (\S+ EUR \w+)/.exec(reason)?.[1]);
  expect(await sizes()).toEqual(['1.00 EUR higher', '1.00 EUR higher']);
  psp.balanceError = 250n;
  for (let times = 0; times < 2; times++) await world.sync(HOUR);
  expect(await sizes()).toEqual(['2.50 EUR higher', '2.50 EUR higher']);
});

test('a gap that a person accepts ends, is kept with name and note, and a later loss is found', async () => {
  await syncAndBook();
  psp.balanceError = 100n;
  const gap = { connector: 'bank', accountId: 'main', asset: 'EUR/2', by: 'A. Smith', note: 'interest' };
  expect(await acceptGap(world.harness.store, gap)).toBeUndefined();
  for (let times = 0; times < 2; times++) await world.sync(HOUR);
  expect(await world.metric('tributary_completeness_gap', { state: 'confirmed' })).toBe(2);

  expect(await acceptGap(world.harness.store, gap)).toBe(100n);
  expect((await world.findWarnings()).map(({ id }) => id)).toEqual(['completeness:savings:EUR/2']);
  await world.sync(HOUR);
  expect(await world.metric('tributary_completeness_gap', { state: 'confirmed' })).toBe(1);
  expect(await world.findDisagreeing()).toEqual(['savings EUR/2']);
  const accepted = await world.harness.store.completeness('bank').listAcceptances();
  expect(accepted.map(({ message }) => message)).toEqual([
    expect.stringMatching(
      /^the difference 100 \(minor units\) of account main in EUR\/2 was accepted by A\. Smith at \S+Z: interest$/,
    ),
  ]);
  expect(await acceptGap(world.harness.store, gap)).toBeUndefined();

  psp.balanceError = 130n;
  for (let times = 0; times < 2; times++) await world.sync(HOUR);
  const reasons = (await world.findWarnings()).map(({ reason }) => /main is (\S+ EUR \w+)/.exec(reason)?.[1]);
  expect(reasons).toContain('0.30 EUR higher');
});

test('without a declared opening balance, two observations that agree prove it, and later losses are found', async () => {
  await world.close();
  world = await CompletenessWorld.open((clock) => (psp = new LossyPsp(clock)), {
    ...{ isComparable: true, maxLatenessMs: HOUR },
  });
  psp.balanceError = 7_777n;
  await syncAndBook();
  psp.injectFault('short-page', false);
  for (let times = 0; times < 2; times++) await world.sync(HOUR);
  expect(await countRows()).toBe(140);
  expect((await world.sums()).map(({ check }) => check.opening)).toEqual([7_777n, 7_777n]);
});

test('balances that cannot be read are counted as checks that were not made', async () => {
  psp.book('main', 3);
  psp.hasBalances = false;
  await world.sync(HOUR);
  expect(await world.metric('tributary_completeness_checks_total', { result: 'not-made' })).toBe(1);
  expect(await countRows()).toBe(3);
});
