/** Tests what `tributary connectors remove` prints, and when it refuses. */
import { getCurrentProcess, openStore } from '@tributary/feed';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRecord } from '../../../../../libs/feed/src/testing/test-records.js';
import { runCli } from '../run-cli.js';

let directory: string;
let config: string;
let store: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-remove-'));
  config = join(directory, 'gateway.yaml');
  store = `sqlite:${join(directory, 'store.db')}`;
  writeConfig('sand');
  const opened = await openStore(store);
  await opened.registerDeployment({
    name: undefined,
    connectors: [{ path: 'acme/bank', plugin: 'sandbox', account: 'seed 1' }],
  });
  const lease = await (
    await opened.feed('acme/bank', 'transactions')
  ).acquireLease(getCurrentProcess(), 1_000);
  const records = ['a', 'b', 'c'].map(createRecord);
  await lease?.append({ records, rejected: [], warnings: [], resolvedIds: [], balances: [], cursor: '' });
  await lease?.release();
  await opened.close();
});
afterEach(() => rmSync(directory, { recursive: true }));

function writeConfig(...names: string[]): void {
  const connectors = names.map(
    (name) => `  - { name: ${name}, plugin: sandbox, apiKeys: [a-key-of-${name}-only] }\n`,
  );
  writeFileSync(config, `store: ${store}\nconnectors:\n${connectors.join('')}`);
}

async function remove(...args: string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const say = (text: string) => void said.push(text);
  const code = await runCli(['connectors', 'remove', ...args, '-c', config], { out: say, err: say });
  return { code, said: said.join('\n') };
}

it('says what it would delete, and changes nothing without --yes', async () => {
  const { code, said } = await remove('/acme/bank');
  expect(code).toBe(2);
  expect(said.split('\n')).toEqual([
    'acme/bank would be removed from the store. This would be deleted:',
    '  rows of transactions     3',
    '  quarantine entries       0',
    '  balances                 0',
    '  runs                     0',
    '  clients with a position  0',
    'This would be kept: 0 orders (--orders deletes them, too), the audit log, and the items and results of reconciliation.',
    'No connector of this store can have the path acme/bank again. Formance keeps what it has read.',
    'Nothing was changed. Say it again with --yes.',
  ]);
  expect((await remove('acme/bank')).said).toBe(said);
});

it('deletes the data with --yes, and writes an event with the tenant', async () => {
  const { code, said } = await remove('acme/bank', '--orders', '--yes');
  expect(said).toContain(
    'acme/bank was removed from the store. This was deleted:\n  rows of transactions       3\n',
  );
  expect(said).toContain('\n  orders with their history  0\nThis was kept: the audit log, and the');
  expect(code).toBe(0);
  const again = await remove('acme/bank', '--yes');
  expect(again).toMatchObject({ code: 0, said: expect.stringContaining('runs                     0') });
  const opened = await openStore(store);
  const [event] = await opened.operator().listAuditEvents('acme', undefined, 1);
  await opened.close();
  expect(event).toMatchObject({ action: 'connector.removed', connector: 'acme/bank', via: 'command-line' });
});

it('refuses a connector that is in the deployment file', async () => {
  expect(await remove('sand', '--yes')).toMatchObject({
    code: 1,
    said: expect.stringContaining('sand is in the deployment file.'),
  });
});

it('refuses a connector that the store does not have', async () => {
  expect(await remove('acme/bnak', '--yes')).toMatchObject({
    code: 2,
    said: expect.stringContaining('The store has no connector "acme/bnak".'),
  });
});
