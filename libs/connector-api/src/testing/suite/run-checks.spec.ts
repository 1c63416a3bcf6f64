import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { reference } from '../reference/index.js';
import { startReferenceWorld, WEBHOOK_SECRET } from '../reference/reference.fake.js';
import { runLive } from './live.js';
import { checksFor, judgeSkips, runCheck } from './run-checks.js';
import { SuiteClock } from './suite-clock.js';
import type { PspSuite } from './suite.types.js';

const CHECK = 'changes: rows that vanish';
const config = { apiKey: 'key-of-the-reference', webhookSecret: WEBHOOK_SECRET };

let suite: PspSuite;

beforeEach(() => {
  suite = { directory: mkdtempSync(join(tmpdir(), 'suite-')), config, fake: startReferenceWorld };
});

afterEach(() => rmSync(suite.directory, { recursive: true, force: true }));

const check = (name: string) => checksFor(reference).find((one) => one.name === name)!;

describe('a skip', () => {
  const judge = (skip: Record<string, string>) => judgeSkips(reference, { ...suite, skip });

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
    const names = checksFor({ ...reference, orders: undefined }).map(({ name }) => name);
    expect(names.some((name) => name.startsWith('order'))).toBe(false);
  });

  it('is told as skipped, and nothing is run', async () => {
    const fake = () => Promise.reject(new Error('it was run'));
    const outcome = await runCheck(check(CHECK), reference, { ...suite, fake, skip: { [CHECK]: 'why' } });
    expect(outcome).toEqual({ check: CHECK, outcome: 'skipped', why: 'why' });
  });
});

it('a world that lacks what a check needs fails it, and says what to do', async () => {
  const fake: PspSuite['fake'] = async (options) => {
    const world = await startReferenceWorld(options);
    delete world.vanish;
    return world;
  };
  expect(await runCheck(check(CHECK), reference, { ...suite, fake })).toEqual({
    check: CHECK,
    outcome: 'failed',
    why: 'the fake\'s world has no "vanish": give it, or skip this check with a reason',
  });
});

it('what a fake noticed about its client fails the check', async () => {
  const fake: PspSuite['fake'] = async (options) => {
    const world = await startReferenceWorld(options);
    const close = async () => {
      await world.close();
      throw new Error('an unknown parameter');
    };
    return { ...world, close };
  };
  const outcome = await runCheck(check(CHECK), reference, { ...suite, fake });
  expect(outcome).toMatchObject({ outcome: 'failed', why: expect.stringContaining('an unknown parameter') });
});

it('the live checks read a PSP as it is', async () => {
  const clock = new SuiteClock();
  const world = await startReferenceWorld({ clock, pageSize: 'one' });
  for (let hours = 1; hours < 9; hours += 1) {
    await world.add({
      at: clock.now() - hours * 3_600_000,
      amount: `${hours}.5`,
      currency: 'EUR',
      direction: 'in',
      state: 'final',
    });
  }
  const settings = { ...config, ...world.settings };
  await runLive(reference, settings);
  await expect(runLive(reference, { ...settings, apiKey: '' })).rejects.toThrow('apiKey should not be empty');
  await world.close();
});
