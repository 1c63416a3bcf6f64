/** Tests that reconciliation policies are created once, and that an existing policy is never replaced. */
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { FormanceConnection } from '../http/formance-connection.js';
import { PaymentsClient } from '../payments/payments-client.js';
import { FakeFormance } from '../testing/fake-formance.js';
import { FakeReconciliation } from '../testing/fake-reconciliation.js';
import { installPolicies, type PolicyClients } from './policy-installer.js';
import { ReconciliationClient } from './reconciliation-client.js';

const LEDGER = { name: 'main', accounts: 'psp:{connector}:...' };
const createSubject = (connector: string) => ({
  ledgerName: 'main',
  ledgerQuery: { $match: { address: `psp:${connector}:...` } },
});

let payments: FakeFormance;
let reconciliation: FakeReconciliation;
let connection: FormanceConnection;
let clients: PolicyClients;

beforeEach(async () => {
  payments = await FakeFormance.start();
  reconciliation = await FakeReconciliation.start(
    await PspDocumentValidator.loadOfficial('formance/reconciliation-v2.0.yaml'),
  );
  connection = new FormanceConnection({
    urls: { payments: payments.url, reconciliation: reconciliation.url },
    credentials: { kind: 'none' },
    // The delay before a repeat takes no time in tests.
    clock: { now: () => Date.now(), sleep: async () => {} },
  });
  clients = {
    payments: new PaymentsClient(connection.open('payments')),
    reconciliation: new ReconciliationClient(connection.open('reconciliation')),
  };
});
afterEach(async () => {
  connection.close();
  await payments.close();
  await reconciliation.close();
});

function addPool(name: string): string {
  const id = `pool-${payments.pools.length + 1}`;
  payments.pools.push({ id, name, type: 'DYNAMIC', query: {} });
  return id;
}

async function install(paths: readonly string[], isDryRun = false) {
  const connectors = paths.map((path) => ({ path, name: path }));
  return installPolicies(clients, LEDGER, connectors, isDryRun);
}

it('creates a policy for each connector, and a second run changes nothing', async () => {
  const [bank, acme] = [addPool('house-bank'), addPool('acme/house-bank')];
  // The list of policies has several pages.
  for (const name of ['a', 'b', 'c'])
    reconciliation.addPolicy({ name, ...createSubject(name), paymentsPoolID: bank });
  const paths = ['house-bank', 'acme/house-bank'];
  const outcomes = async (isDryRun: boolean) =>
    (await install(paths, isDryRun)).map(({ outcome }) => outcome);

  expect(await outcomes(true)).toEqual(['created', 'created']);
  expect(reconciliation.createRequests).toBe(0);
  expect(await outcomes(false)).toEqual(['created', 'created']);
  expect(reconciliation.policies.slice(0, 2)).toMatchObject([
    { name: 'acme/house-bank', ...createSubject('acme:house-bank'), paymentsPoolID: acme },
    { name: 'house-bank', ...createSubject('house-bank'), paymentsPoolID: bank },
  ]);
  expect(await outcomes(false)).toEqual(['unchanged', 'unchanged']);
  expect(await outcomes(true)).toEqual(['unchanged', 'unchanged']);
  expect(reconciliation.createRequests).toBe(2);
});

it('does not replace a policy that differs, and says how it differs', async () => {
  const pool = addPool('house-bank');
  const other = { ledgerName: 'old', ledgerQuery: { $match: { address: 'psp:' } }, paymentsPoolID: 'pool-9' };
  const { id } = reconciliation.addPolicy({ name: 'house-bank', ...other });
  const [result] = await install(['house-bank']);
  expect(result).toMatchObject({ outcome: 'blocked', policyId: id });
  expect(result?.reason).toContain('its ledger is old instead of main');
  expect(result?.reason).toContain('instead of {"$match":{"address":"psp:house-bank:..."}}');
  expect(result?.reason).toContain(`its pool is pool-9 instead of ${pool}`);
  expect(reconciliation.createRequests).toBe(0);

  // Formance allows several policies with the same name. One policy with the wanted content is enough, so no further policy is created.
  reconciliation.addPolicy({ name: 'house-bank', ...createSubject('house-bank'), paymentsPoolID: pool });
  expect(await install(['house-bank'])).toMatchObject([{ outcome: 'unchanged', policyId: 'policy-2' }]);
});

it('a connector without exactly one pool is left out, and does not stop the others', async () => {
  for (const name of ['twice', 'twice', 'good']) addPool(name);
  const results = await install(['none', 'twice', 'good']);
  expect(results.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked', 'created']);
  expect(results[0]?.reason).toContain('Run "tributary formance pools" first');
  expect(results[1]?.reason).toContain('2 pools with the name twice');
});

it('a policy that Formance refuses is reported, and is not requested twice', async () => {
  for (const name of ['refused', 'good']) addPool(name);
  reconciliation.psp.injectFault({
    fault: { status: 500, body: { errorCode: 'INTERNAL', errorMessage: 'boom' } },
    method: 'POST',
  });
  const results = await install(['refused', 'good']);
  expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'created']);
  expect(results[0]?.reason).toContain('boom');
  expect(reconciliation.createRequests).toBe(2);
});
