import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { referencePlugin } from '../reference/index.js';
import { startReferenceFixture, WEBHOOK_SECRET } from '../reference/reference.fake.js';
import { runLiveChecks } from './live-checks.js';
import { getApplicableChecks, findSkipProblems, runCheck } from './run-checks.js';
import { ManualClock } from './manual-clock.js';
import type { PspSuiteOptions } from './suite.types.js';

const CHECK = 'changes: rows that vanish';
const config = { apiKey: 'key-of-the-reference', webhookSecret: WEBHOOK_SECRET };

let suite: PspSuiteOptions;

beforeEach(() => {
  suite = {
    directory: mkdtempSync(join(tmpdir(), 'suite-')),
    settings: config,
    createFixture: startReferenceFixture,
  };
});

afterEach(() => rmSync(suite.directory, { recursive: true, force: true }));

const check = (name: string) => getApplicableChecks(referencePlugin).find((one) => one.name === name)!;

describe('a skip', () => {
  const judge = (skip: Record<string, string>) => findSkipProblems(referencePlugin, { ...suite, skip });

  it('needs a reason, which the README repeats', () => {
    writeFileSync(join(suite.directory, 'README.md'), '# acme\n\nAcme never forgets\na row.\n');
    expect(judge({ [CHECK]: 'Acme never forgets a row.' })).toEqual([]);
    expect(judge({ [CHECK]: 'Nothing vanishes there.' })).toEqual([
      `README.md does not say why "${CHECK}" is skipped: Nothing vanishes there.`,
    ]);
    expect(judge({ [CHECK]: ' ' })).toEqual([`"${CHECK}" is skipped without a reason`]);
  });

  it('fails without any README', () => {
    expect(judge({ [CHECK]: 'Acme never forgets a row.' })).toHaveLength(1);
  });

  it('names a check that there is, for a capability that the plugin has', () => {
    const [complaint] = judge({ 'changes: rows that fly': 'Acme never forgets a row.' });
    expect(complaint).toContain('there is no such check');
    const names = getApplicableChecks({ ...referencePlugin, orders: undefined }).map(({ name }) => name);
    expect(names.some((name) => name.startsWith('order'))).toBe(false);
  });

  it('is told as skipped, and nothing is run', async () => {
    const createFixture = () => Promise.reject(new Error('it was run'));
    const outcome = await runCheck(check(CHECK), referencePlugin, {
      ...suite,
      createFixture,
      skip: { [CHECK]: 'why' },
    });
    expect(outcome).toEqual({ check: CHECK, outcome: 'skipped', why: 'why' });
  });
});

it('a fixture that lacks what a check needs fails it, and says what to do', async () => {
  const createFixture: PspSuiteOptions['createFixture'] = async (options) => {
    const fixture = await startReferenceFixture(options);
    delete fixture.removeTransaction;
    return fixture;
  };
  expect(await runCheck(check(CHECK), referencePlugin, { ...suite, createFixture })).toEqual({
    check: CHECK,
    outcome: 'failed',
    why: 'the fixture has no "removeTransaction": give it, or skip this check with a reason',
  });
});

it('what a fake noticed about its client fails the check', async () => {
  const createFixture: PspSuiteOptions['createFixture'] = async (options) => {
    const fixture = await startReferenceFixture(options);
    const close = async () => {
      await fixture.close();
      throw new Error('an unknown parameter');
    };
    return { ...fixture, close };
  };
  const outcome = await runCheck(check(CHECK), referencePlugin, { ...suite, createFixture });
  expect(outcome).toMatchObject({ outcome: 'failed', why: expect.stringContaining('an unknown parameter') });
});

it('the live checks read a PSP as it is', async () => {
  const clock = new ManualClock();
  const fixture = await startReferenceFixture({ clock, pageSize: 'one' });
  for (let hours = 1; hours < 9; hours += 1) {
    await fixture.addTransaction({
      at: clock.now() - hours * 3_600_000,
      amount: `${hours}.5`,
      currency: 'EUR',
      direction: 'in',
      state: 'final',
    });
  }
  const settings = { ...config, ...fixture.settings };
  await runLiveChecks(referencePlugin, settings);
  await expect(runLiveChecks(referencePlugin, { ...settings, apiKey: '' })).rejects.toThrow(
    'apiKey should not be empty',
  );
  await fixture.close();
});
