/**
 * Tests that `tributary reconcile run` shows all three legs: it compares the rows of the sandbox with a fake of Formance Payments and with a
 * ledger, and reports when Payments is down, answers with invalid data, or is too slow.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCli } from '../../apps/gateway/src/cli/run-cli.js';
import { FakeFormance } from '../../libs/formance/src/testing/fake-formance.js';
import { addAccounts, serveEverything, toPayment } from '../formance/serve-to-formance.js';

const KEY = 'a-key-that-must-not-show';
const TOKEN = 'a-token-that-must-not-show';
const directory = mkdtempSync(join(tmpdir(), 'tributary-legs-'));
const config = join(directory, 'gateway.yaml');
let fake: FakeFormance;

/** A ledger without transactions. */
const ledger = createServer((request, response) => {
  const isList = (request.url ?? '').startsWith('/v2/main/transactions');
  response.end(isList ? '{"cursor":{"pageSize":1000,"hasMore":false,"data":[]}}' : '{"data":{}}');
});

/** A service that answers every request with the same status and body, and never answers if there is no body. */
let broken: { status: number; body: string | undefined };
let brokenRequests = 0;
const brokenPayments = createServer((_, response) => {
  brokenRequests++;
  if (broken.body !== undefined) response.writeHead(broken.status).end(broken.body);
});

beforeAll(async () => {
  for (const server of [ledger, brokenPayments])
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  fake = await FakeFormance.start();
  fake.pageSize = 7;
  writeConfig(fake.url);
  fake.addConnector({ name: 'bank', endpoint: 'http://127.0.0.1:1/bank', apiKey: KEY, pollingPeriod: '30m' });
  const { accounts, beneficiaries, transactions, balances } = await serveEverything(config, KEY);
  addAccounts(fake, accounts, beneficiaries, balances);
  const byKey = Map.groupBy(transactions, (row) => `${row.relatedTransactionID ?? row.id} ${row.type}`);
  fake.payments.push(...[...byKey].map(([key, rows]) => toPayment(key, rows)));
});
afterAll(async () => {
  await fake.close();
  for (const server of [ledger, brokenPayments]) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  rmSync(directory, { recursive: true });
});

function urlOf(server: typeof ledger): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function writeConfig(paymentsUrl: string | undefined, payments = '{}'): void {
  writeFileSync(
    config,
    `listen: { port: 0 }
store: sqlite:${directory}/t.db
${paymentsUrl === undefined ? '' : `formance: { paymentsUrl: '${paymentsUrl}', publicUrl: 'http://127.0.0.1:1', auth: { token: ${TOKEN} } }`}
connectors: [{ name: bank, plugin: sandbox, apiKeys: [${KEY}], settings: { transactions: 30, activityPerMinute: 0, lateRows: 0 } }]
reconciliation:
  policies:
    - name: bank
      ledger: { url: '${urlOf(ledger)}', name: main }
      accounts: [{ connector: bank, account: main, ledgerAccount: 'psp:bank:main' }]
      rules: [{ kind: exact, psp: id, ledger: reference }]
      grace: { booking: 2160h }
      payments: ${payments}
`,
  );
}

interface LegOfRun {
  leg: string;
  verdict: string;
  reasons: string[];
  breaks: Record<string, number>;
}

async function reconcile(...args: string[]) {
  const lines: string[] = [];
  const print = {
    out: (text: string) => void lines.push(text),
    err: (text: string) => void lines.push(text),
  };
  const code = await runCli(['reconcile', ...args, '-c', config], print);
  expect(lines.join('\n')).not.toContain('must-not-show');
  return { code, text: lines.join('\n') };
}

async function runJson() {
  const { code, text } = await reconcile('run', '--json');
  const [run] = JSON.parse(text) as [{ summary: { verdict: string; problems: string[]; legs: LegOfRun[] } }];
  const [feed, payments, ledgerLeg] = run.summary.legs as [LegOfRun, LegOfRun, LegOfRun];
  return { code, summary: run.summary, feed, payments, ledger: ledgerLeg };
}

test('a run says what each leg proves, and one payment less in Payments is a break', async () => {
  const before = await runJson();
  expect(before.payments).toMatchObject({ leg: 'payments', verdict: 'reconciled', reasons: [], breaks: {} });
  expect(before.ledger.leg).toBe('ledger');
  const [lost] = fake.payments.splice(3, 1);
  // The gateway was asked a moment ago, so Formance may still be storing what is missing. The second run decides.
  expect((await runJson()).payments).toMatchObject({ verdict: 'pending', breaks: { pending: 1 } });
  const after = await runJson();
  expect(after.payments).toMatchObject({ verdict: 'breaks', breaks: { open: 1 } });
  expect(after.code).toBe(1);
  const { text } = await reconcile('list', '--class', 'missing-in-payments', '--json');
  const [found] = JSON.parse(text) as [{ id: string }];
  expect((await reconcile('list', '--class', 'missing-in-payments')).text).toContain(
    `bank payment ${String(lost?.['reference'])}`,
  );
  expect((await reconcile('show', found.id)).text).toContain('Formance does not have the ');
  expect((await reconcile('accept', found.id, '--note', 'known')).code).toBe(0);
  const run = await reconcile('run');
  expect(run.text).toMatch(/^Feed to Formance Payments +reconciled +0 +0 +1$/m);
  expect(run.text).toMatch(/^Feed to Formance Payments: bank: compared up to row \d+ of \d+: /m);
  expect(run.text).toMatch(/^PSP to feed +not-checked +0 +0 +0$/m);
  expect((await reconcile('verify')).code).toBe(0);
  fake.payments.splice(3, 0, lost!);
  expect((await runJson()).payments).toMatchObject({ verdict: 'reconciled', breaks: {} });
});

test('check does not ask Payments', async () => {
  const requests = fake.psp.requests.length;
  expect((await reconcile('check')).text).toMatch(/^Feed to Formance Payments +not-checked +0 +0 +0$/m);
  expect(fake.psp.requests.length).toBe(requests);
});

test.each([
  ['is down', { status: 503, body: '' }, '{}', /503/],
  ['answers 401', { status: 401, body: '' }, '{}', /401/],
  ['answers with a page', { status: 200, body: '<html>' }, '{}', /Formance Payments/],
  ['answers with other JSON', { status: 200, body: '{"cursor":{}}' }, '{}', /not as documented/],
  ['says nothing', { status: 0, body: undefined }, '{ timeout: 1s }', /longer than 1 s/],
])(
  'if Payments %s, the run is incomplete and says why',
  async (_, answer, payments, reason) => {
    broken = answer;
    brokenRequests = 0;
    writeConfig(urlOf(brokenPayments), payments);
    const { code, summary, payments: leg, ledger: ledgerLeg } = await runJson();
    expect({ code, verdict: summary.verdict, leg: leg.verdict }).toEqual({
      ...{ code: 2, verdict: 'incomplete', leg: 'incomplete' },
    });
    expect(leg.reasons).toEqual([expect.stringMatching(reason)]);
    expect(summary.problems).toEqual(leg.reasons);
    expect(ledgerLeg.verdict).not.toBe('incomplete');
    expect(brokenRequests).toBeLessThan(10);
  },
  60_000,
);

test('without Formance, and with compare: false, the leg says that it is not configured', async () => {
  writeConfig(undefined);
  expect((await runJson()).payments).toMatchObject({
    ...{ verdict: 'not-configured', reasons: ['bank: the deployment file names no Formance'] },
  });
  writeConfig(fake.url, '{ compare: false }');
  const requests = fake.psp.requests.length;
  expect((await runJson()).payments).toMatchObject({
    ...{ verdict: 'not-configured', reasons: ['bank: the policy has payments.compare: false'] },
  });
  expect(fake.psp.requests.length).toBe(requests);
});
