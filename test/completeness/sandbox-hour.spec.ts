/** The completeness check raises no false alarm for the sandbox with every fault, and finds rows that the sandbox loses. */
import { SandboxClient } from '../../libs/psp-plugins/src/sandbox/sandbox.client.js';
import { SandboxSettings } from '../../libs/psp-plugins/src/sandbox/sandbox.config.js';
import { SandboxPsp } from '../../libs/psp-plugins/src/sandbox/sandbox.psp.js';
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
    (clock) => new SandboxPsp(settings, new SandboxClient(settings, clock), clock),
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
