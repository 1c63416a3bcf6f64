/** Tests that `tributary formance verify` compares the data that the gateway served to Formance with the data in a Formance server. */
import { jest } from '@jest/globals';
import { serializeAccount } from '@tributary/connector-api';
import { getCurrentProcess, openStore } from '@tributary/feed';
import { PaymentsClient } from '@tributary/formance';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { loadDeployment } from '../../apps/gateway/src/config/index.js';
import { createGateway } from '../../apps/gateway/src/gateway.js';
import { FakeFormance } from '../../libs/formance/src/testing/fake-formance.js';
import { addAccounts, serveEverything, toPayment } from './serve-to-formance.js';

const KEY = 'a-key-that-must-not-show';
let directory: string;
let config: string;
let fake: FakeFormance;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-verify-'));
  config = join(directory, 'gateway.yaml');
  fake = await FakeFormance.start();
  fake.pageSize = 7;
  writeFileSync(
    config,
    `listen: { port: 0 }
store: sqlite:${directory}/t.db
formance: { paymentsUrl: '${fake.url}', publicUrl: 'http://127.0.0.1:1' }
connectors: [{ name: bank, plugin: sandbox, apiKeys: [${KEY}], settings: { transactions: 30, activityPerMinute: 0, lateRows: 0 } }]
`,
  );
});
afterEach(async () => {
  await fake.close();
  rmSync(directory, { recursive: true });
});

async function verify(...args: string[]) {
  const out: string[] = [];
  const print = { out: (text: string) => void out.push(text), err: (text: string) => void out.push(text) };
  const code = await runCli(['formance', 'verify', ...args, '-c', config], print);
  expect(out.join('\n')).not.toContain('must-not-show');
  return { code, text: out.join('\n') };
}

it('says that Formance has never asked, and then finds exactly what is wrong', async () => {
  fake.addConnector({ name: 'bank', endpoint: 'http://127.0.0.1:1/bank', apiKey: KEY, pollingPeriod: '30m' });
  await (
    await createGateway(loadDeployment(config), { logger: pino({ level: 'silent' }), sync: false })
  ).close();
  expect(await verify()).toMatchObject({
    code: 1,
    text: expect.stringContaining('has not asked for transactions'),
  });

  const { accounts, beneficiaries, transactions, balances } = await serveEverything(config, KEY);
  addAccounts(fake, accounts, beneficiaries, balances);
  const byKey = Map.groupBy(transactions, (row) => `${row.relatedTransactionID ?? row.id} ${row.type}`);
  expect([...byKey.values()].some((rows) => rows.length > 1)).toBe(true);
  fake.payments.push(...[...byKey].map(([key, rows]) => toPayment(key, rows)));
  expect(await verify()).toMatchObject({ code: 0, text: expect.stringContaining('no difference') });
  expect((await verify()).text).toContain(`${[...balances.values()].flat().length} balances were compared`);

  const [lost] = fake.payments.splice(3, 1);
  fake.payments[5]!['status'] = 'CANCELLED';
  const [account] = fake.accounts.splice(0, 1) as [{ reference: string }];
  // A balance of the second account has another amount, and a balance of the third account is missing.
  const [, { id: second = '' } = {}, { id: third = '' } = {}] = accounts;
  const [changed] = fake.balances.get(`a-${second}`)! as [{ asset: string; balance: number }];
  changed.balance += 1;
  const [removed] = fake.balances.get(`a-${third}`)! as [{ asset: string }];
  fake.balances.set(
    `a-${third}`,
    fake.balances.get(`a-${third}`)!.filter((row) => (row as { asset: string }).asset !== removed.asset),
  );
  const { code, text } = await verify('--json', '--work-file', join(directory, 'proof.db'));
  const [report] = JSON.parse(text) as [{ differences: { kind: string; object: string; id: string }[] }];
  expect(code).toBe(3);
  expect(report.differences.map(({ kind, object, id }) => [kind, object, id])).toEqual([
    ['missing', 'account', account.reference],
    ['different', 'balance', second],
    ['missing', 'balance', third],
    ...[
      ['missing', 'payment', lost!['reference']],
      ['different', 'payment', fake.payments[5]!['reference']],
    ].sort(([, , a], [, , b]) => (String(a) < String(b) ? -1 : 1)),
  ]);

  // The work file is finished, so its result no longer changes. The output must mention this.
  fake.payments.splice(3, 0, lost!);
  const old = await verify('--work-file', join(directory, 'proof.db'));
  expect(old).toMatchObject({
    code: 3,
    text: expect.stringMatching(/This is an old result: the work file was finished at 20\d\d-/),
  });
  expect(old.text).toContain('5 differences');

  fake.connectors[0]!.id = 'another-id';
  expect(await verify('--work-file', join(directory, 'proof.db'))).toMatchObject({
    code: 1,
    text: expect.stringMatching(
      /proof\.db belongs to another proof: its connector id in Formance is .+ instead of another-id/,
    ),
  });
});

it('does not expect rows in Formance that arrive while it compares', async () => {
  fake.addConnector({ name: 'bank', endpoint: 'http://127.0.0.1:1/bank', apiKey: KEY, pollingPeriod: '30m' });
  const { accounts, beneficiaries, transactions, balances } = await serveEverything(config, KEY);
  addAccounts(fake, accounts, beneficiaries, balances);
  const byKey = Map.groupBy(transactions, (row) => `${row.relatedTransactionID ?? row.id} ${row.type}`);
  fake.payments.push(...[...byKey].map(([key, rows]) => toPayment(key, rows)));
  const listAccounts = Reflect.get(PaymentsClient.prototype, 'listAccounts');
  const spy = jest.spyOn(PaymentsClient.prototype, 'listAccounts').mockImplementation(async function* (
    this: PaymentsClient,
    connectorId,
  ) {
    await appendAccount('arrived-later');
    yield* listAccounts.call(this, connectorId);
  });
  try {
    expect(await verify()).toMatchObject({ code: 0, text: expect.stringContaining('no difference') });
    expect(spy).toHaveBeenCalledTimes(1);
  } finally {
    spy.mockRestore();
  }
});

async function appendAccount(id: string): Promise<void> {
  const store = await openStore(`sqlite:${directory}/t.db`);
  const lease = await (await store.feed('bank', 'accounts')).acquireLease(getCurrentProcess(), 1000);
  const nothing = { rejected: [], warnings: [], resolvedIds: [], balances: [] };
  await lease!.append({ ...nothing, records: [serializeAccount({ id, name: 'Later' })], cursor: 'later' });
  await store.close();
}
