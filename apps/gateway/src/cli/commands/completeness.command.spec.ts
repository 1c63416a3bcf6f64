/**
 * Tests `tributary completeness`. A person accepts a confirmed gap (a difference between a balance and the sum of its rows), and the store
 * keeps the person, the time and the reason.
 */
import { openStore, type AccountCheck } from '@tributary/feed';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../run-cli.js';

const GAP: AccountCheck = {
  ...{ opening: 500n, isOpeningProven: true, agreed: { at: 1_000, seq: 3 }, suspect: undefined },
  ...{ gap: { amount: -85n, since: 2_000 }, rereadAt: 2_000 },
};

let directory: string;
let store: string;
let config: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-cli-completeness-'));
  store = `sqlite:${join(directory, 'store.db')}`;
  config = join(directory, 'gateway.yaml');
  writeFileSync(
    config,
    `store: ${store}\nconnectors: [{ name: sand, plugin: sandbox, apiKeys: [a-key-of-this-test] }]\n`,
  );
  const opened = await openStore(store);
  await opened.completeness('sand').update([], () => ({
    checks: [{ accountId: 'acc-1', asset: 'EUR/2', check: GAP }],
    warnings: [{ id: 'completeness:acc-1:EUR/2', message: 'a gap' }],
    resolvedIds: [],
  }));
  await opened.close();
});

afterEach(() => rmSync(directory, { recursive: true }));

async function run(...args: string[]) {
  const out: string[] = [];
  const err: string[] = [];
  const print = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const code = await runCli([...args, '--config', config], print);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

const ACCEPT = ['completeness', 'accept', 'sand', 'acc-1', '--by', 'A. Smith', '--note', 'interest'];

it('changes nothing without --yes, nor where no gap is confirmed', async () => {
  const asked = await run(...ACCEPT, '--asset', 'EUR/2');
  expect(asked.code).toBe(2);
  expect(asked.err).toContain(
    'The difference -0.85 EUR/2 of account acc-1 would become a part of its opening',
  );
  const wrong = await run(...ACCEPT, '--asset', 'USD/2', '--yes');
  expect(wrong.code).toBe(1);
  expect(wrong.err).toContain('Account acc-1 of /sand has no confirmed gap in USD/2.');
  expect((await run('completeness', 'accepted', 'sand')).out).toBe('No gap was accepted.');
  expect((await run('quarantine', '--gaps')).out).toContain('confirmed');
});

it('accepts a gap, resolves its warning, and lists who accepted it, when and why', async () => {
  expect(await run(...ACCEPT, '--asset', 'EUR/2', '--yes')).toEqual({
    ...{ code: 0, err: '', out: 'The difference -0.85 EUR/2 of account acc-1 is accepted.' },
  });
  expect((await run('quarantine', '--gaps')).out).toBe('The rows explain every balance that was compared.');
  expect((await run('quarantine')).out).toBe('The quarantine is empty.');
  expect((await run('completeness', 'accepted', 'sand')).out).toMatch(
    /^TIME +WHAT *\n\S+Z +the difference -85 \(minor units\) of account acc-1 in EUR\/2 was accepted by A\. Smith at \S+Z: interest/,
  );
  const opened = await openStore(store);
  const [sum] = await opened.completeness('sand').list();
  expect(sum?.check).toMatchObject({ opening: 415n, isOpeningProven: true, gap: undefined });
  await opened.close();
  expect((await run(...ACCEPT, '--asset', 'EUR/2', '--yes')).code).toBe(1);
});
