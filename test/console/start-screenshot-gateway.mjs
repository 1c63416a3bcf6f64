/**
 * Starts a gateway whose console has data on every page, for the screenshots: `node test/console/start-screenshot-gateway.mjs`. The gateway
 * serves the connectors of examples/gateway.yaml and the reconciliation of examples/reconciliation, whose ledger and Payments are stand-ins.
 * The program sends orders to a simulated PSP, reads as a client, and changes something as an operator. Ctrl-C ends it and removes its
 * data. `npm run build` must have been run.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { startLedgerStandIn } from '../../examples/reconciliation/ledger-stand-in.mjs';
import { startPaymentsStandIn } from '../../examples/reconciliation/payments-stand-in.mjs';

const URL = 'http://127.0.0.1:3000';
const EXAMPLE = 'examples/reconciliation';
const BANK_KEY = 'demo-key-of-the-bank';
const OPERATOR_KEY = 'demo-key-of-the-operator';
const ORDER_KEY = 'demo-paying-key-of-sandbox';
/** What happens to each order at the simulated PSP: docs/guides/sandbox.md has the words. */
const ORDERS = [
  { reference: 'invoice-2026-0117', amount: '119000' },
  { reference: 'invoice-2026-0118', amount: '4990', metadata: { 'sandbox/fault': 'unavailable,none' } },
  { reference: 'invoice-2026-0119', amount: '25000', metadata: { 'sandbox/fate': 'fails-at-once' } },
  {
    reference: 'invoice-2026-0120',
    amount: '7250',
    metadata: { 'sandbox/fault': 'executes-later', 'sandbox/after': '600000' },
  },
  { reference: 'invoice-2026-0121', amount: '9900000' },
  { reference: 'invoice-2026-0122', amount: '31400', metadata: { 'sandbox/fault': 'lost' } },
];
const MAX_START_MS = 60_000;
const DAY_MS = 86_400_000;
/** The number of days before today for which accounts have balances. */
const HISTORY_DAYS = 60;

const data = mkdtempSync(join(tmpdir(), 'tributary-screenshots-'));
const ledger = await startLedgerStandIn(join(EXAMPLE, 'bookings.json'));
const payments = await startPaymentsStandIn(BANK_KEY);
const file = join(data, 'gateway.yaml');
writeFileSync(file, createDeploymentFile());
const gateway = spawn(process.execPath, ['bin/tributary.js', 'serve', '--config', file], {
  stdio: 'inherit',
});
gateway.on('exit', (code) => {
  ledger.stop();
  payments.stop();
  rmSync(data, { recursive: true, force: true });
  process.exit(code ?? 1);
});
process.on('SIGINT', () => gateway.kill('SIGTERM'));
process.on('SIGTERM', () => gateway.kill('SIGTERM'));

// An error of this program ends the gateway, too.
process.on('exit', () => gateway.kill('SIGTERM'));
await waitUntil(async () => (await fetch(`${URL}/readyz`).catch(() => undefined))?.ok === true);
await waitUntil(async () => (await readList('sandbox/beneficiaries', ORDER_KEY)).length > 0);
await waitUntil(async () => (await readList('bank/transactions', BANK_KEY)).length > 0);
await payments.readFrom(`${URL}/bank`);
await readAsClient('sandbox', ORDER_KEY);
await readAsClient('house-bank', 'demo-key-of-house-bank');
addBalanceHistory('house-bank');
await sendOrders();
await operate('streams/pause', { connector: 'acme/house-bank', streams: ['beneficiaries'] });
await operate('streams/resume', { connector: 'acme/house-bank', streams: ['beneficiaries'] });
console.log('The data is complete after the next run of the reconciliation, in about a minute.');

/** Adds the reconciliation example to the deployment file of `npm start`. Its connector has no example of bookings. */
function createDeploymentFile() {
  const bank = `
  - name: bank
    plugin: bank-statements
    apiKeys: [${BANK_KEY}]
    settings: { directory: ${EXAMPLE}/statements, timeZone: Europe/Berlin }
`;
  const reconciliation = readFileSync(join(EXAMPLE, 'gateway.yaml'), 'utf8')
    .replace(/^[^]*(?=^formance:)/m, '')
    .replace('${PAYMENTS_URL}', payments.url)
    .replace('${LEDGER_URL}', ledger.url)
    .replace('    - name: bank\n', '    - name: bank\n      every: 1m\n');
  return (
    readFileSync('examples/gateway.yaml', 'utf8')
      .replace('sqlite:./data/demo.db', `sqlite:${join(data, 'store.db')}`)
      .replace('./data/sandbox-orders.jsonl', join(data, 'sandbox-orders.jsonl'))
      .replace('\ntenants:', `${bank}\ntenants:`) + reconciliation
  );
}

async function sendOrders() {
  const [account] = await readList('sandbox/accounts', ORDER_KEY);
  const [beneficiary] = await readList('sandbox/beneficiaries', ORDER_KEY);
  const send = ({ reference, amount, metadata }) =>
    post(`${URL}/sandbox/payouts`, ORDER_KEY, {
      ...{ idempotencyKey: reference, amount, currency: 'EUR/2', description: reference, metadata },
      ...{ sourceAccountId: account.id, destinationAccountId: beneficiary.id },
    });
  await Promise.all(ORDERS.map(send));
}

async function readAsClient(connector, key) {
  for (const list of ['accounts', 'beneficiaries', 'transactions'])
    await readList(`${connector}/${list}`, key);
  for (const { id } of await readList(`${connector}/accounts`, key))
    await readList(`${connector}/accounts/${encodeURIComponent(id)}/balances`, key);
}

/** Adds balances of earlier days. The gateway has them only after it has run for some days. */
function addBalanceHistory(connector) {
  const store = new Database(join(data, 'store.db'));
  const insert = store.prepare(
    'insert into balance_history (connector, account_id, day, observed_at, amounts) values (?, ?, ?, ?, ?)',
  );
  const accounts = store.prepare('select * from balances where connector = ?').all(connector);
  for (const { account_id: id, observed_at: observedAt, amounts } of accounts)
    for (let days = 1; days <= HISTORY_DAYS; days++) {
      const at = observedAt - days * DAY_MS;
      insert.run(
        connector,
        id,
        Math.floor(at / DAY_MS),
        at,
        JSON.stringify(changeAmounts(JSON.parse(amounts), days)),
      );
    }
  store.close();
}

/** Returns amounts as a shop could have had them: sales of each day, and a payout every two weeks. */
function changeAmounts(amounts, days) {
  const daysSincePayout = BigInt(14 - (days % 14));
  const change = ([asset, amount]) => {
    const sales = (BigInt(amount) / 20n) * daysSincePayout;
    return [asset, String(BigInt(amount) / 2n + sales)];
  };
  return Object.fromEntries(Object.entries(amounts).map(change));
}

async function readList(path, key) {
  const response = await fetch(`${URL}/${path}`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function operate(path, body) {
  const response = await post(`${URL}/operator/v1/${path}`, OPERATOR_KEY, body);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

function post(url, key, body) {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}

async function waitUntil(condition) {
  for (const end = Date.now() + MAX_START_MS; Date.now() < end; await sleep(200))
    if (await condition()) return;
  throw new Error(`the gateway is not ready within ${MAX_START_MS / 1000} s`);
}
