/**
 * Tests the completeness check with the sandbox. The check must raise no false alarm with any fault, and must find the rows that
 * the sandbox loses.
 */
import { SandboxClient } from '../../libs/psp-plugins/src/sandbox/sandbox.client.js';
import { SandboxSettings } from '../../libs/psp-plugins/src/sandbox/sandbox.config.js';
import { SandboxPsp } from '../../libs/psp-plugins/src/sandbox/sandbox.plugin.js';
import { SimulatedApi } from '../../libs/psp-plugins/src/sandbox/simulator/simulated-api.js';
import { sandbox } from '../../libs/psp-plugins/src/sandbox/index.js';
import { CompletenessWorld } from './completeness-world.js';

const FAULTS: Partial<SandboxSettings> = {
  transactions: 300,
  start: '2026-01-01T00:00:00Z',
  activityPerMinute: 20,
  statusChanges: 0.7,
  lateRows: 0.4,
  sameTimestamps: 0.5,
  oddIds: 0.3,
  outages: 0.2,
  pageSize: 40,
};

let world: CompletenessWorld;
afterEach(() => world.close());

async function openSandbox(given: Partial<SandboxSettings>): Promise<void> {
  const settings = Object.assign(new SandboxSettings(), FAULTS, given);
  world = await CompletenessWorld.open(
    (clock) => new SandboxPsp(settings, new SandboxClient(new SimulatedApi(settings, clock)), clock),
    sandbox.completeness!(settings),
  );
}

test('an hour with every fault raises no alarm, and the balances agree in the end', async () => {
  await openSandbox({});
  for (let minute = 0; minute < 60; minute++) {
    await world.sync();
    expect(await world.findWarnings()).toEqual([]);
  }
  expect(await world.metric('tributary_completeness_rereads_total', { result: 'unchanged' })).toBeUndefined();
  const sums = await world.sums();
  expect(sums.length).toBeGreaterThan(8);
  expect(sums.filter(({ check }) => check.agreed === undefined)).toEqual([]);
  expect((await world.metric('tributary_completeness_checks_total', { result: 'agreed' }))!).toBeGreaterThan(
    200,
  );
});

test('rows that the sandbox loses are gaps, on the accounts that lost them only', async () => {
  await openSandbox({ lostRows: 0.01, accounts: 4, outages: 0, activityPerMinute: 0, transactions: 200 });
  await world.sync();
  const suspected = await world.findDisagreeing();
  expect(suspected.length).toBeGreaterThan(0);
  expect(suspected.length).toBeLessThan((await world.sums()).length);
  expect(await world.findWarnings()).toEqual([]);
  await world.sync();
  const warnings = await world.findWarnings();
  expect(
    warnings.map(({ id }) => id.replace('completeness:', '').replace(/:(?=\w+(?:\/\d)?$)/, ' ')).sort(),
  ).toEqual(suspected.sort());
  expect(warnings[0]?.reason).toContain('since the first row');
});

test('a wrong balance of the sandbox is a gap of every account', async () => {
  await openSandbox({ balanceError: 100, outages: 0, activityPerMinute: 0 });
  for (let times = 0; times < 2; times++) await world.sync();
  const sums = await world.sums();
  expect(sums.length).toBeGreaterThan(3);
  expect(sums.filter(({ check }) => check.gap?.amount !== 100n)).toEqual([]);
});

test('malformed rows are gaps that the data warning explains, and raise no alarm elsewhere', async () => {
  await openSandbox({ poisonRows: 0.02, outages: 0, activityPerMinute: 5 });
  for (let minute = 0; minute < 20; minute++) await world.sync();
  const warnings = await world.findWarnings();
  expect(warnings.length).toBeGreaterThan(0);
  for (const { reason } of warnings) expect(reason).toMatch(/\d+ rejected records in the quarantine$/);
  // Each reading begins at the last observation that agreed with the rows, except for the known gap.
  const rereads = await world.metric('tributary_completeness_rereads_total', { result: 'unchanged' });
  expect(rereads).toBeLessThan(12);
});
