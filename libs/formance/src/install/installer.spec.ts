/**
 * Tests the installation of connectors on servers that are empty, have an incomplete installation, have changed connectors, or have no
 * worker.
 */
import { FakeFormance } from '../testing/fake-formance.js';
import { connectToFake } from '../testing/test-connection.js';
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import type { FormanceConnection } from '../http/formance-connection.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { ConnectorKeys, DesiredConnector } from './desired-connector.js';
import { Installer, type InstallerOptions } from './installer.js';

const DOCUMENT = 'formance/payments-v3.4.0.yaml';
const KEY = 'key-that-must-not-show-1';

let fake: FakeFormance;
let connection: FormanceConnection;
let client: PaymentsClient;
beforeEach(async () => {
  fake = await FakeFormance.start(await PspDocumentValidator.loadOfficial(DOCUMENT, CORRECTIONS));
  ({ connection, client } = connectToFake(fake));
});
afterEach(async () => {
  connection.close();
  await fake.close();
});

/**
 * Corrections of Formance's document. It selects the schema of a provider by a discriminator, but the provider `generic` does not need this
 * property in a request.
 */
const CORRECTIONS = [
  {
    pointer: '#/components/schemas/V3ConnectorConfig',
    value: { $ref: '#/components/schemas/V3GenericConfig' },
    reason: 'the provider is in the path, and not in the body',
  },
];

const createKeys = (keys: Partial<ConnectorKeys> = {}): ConnectorKeys => ({
  plainKey: KEY,
  isAccepted: (key) => key === KEY,
  isGenerated: (key) => key.startsWith('trb_'),
  formatHash: (key) => `sha256:${key.length}`,
  ...keys,
});

const desire = (path: string, others: Partial<DesiredConnector> = {}): DesiredConnector => ({
  ...{ path, name: path, endpoint: `https://gateway.example.com/${path}`, pollingPeriod: '30m' },
  keys: createKeys(),
  ...others,
});

const install = (connectors: DesiredConnector[], options: Partial<InstallerOptions> = {}) =>
  new Installer(client, { isDryRun: false, ...options }).run(connectors);

const configs = () => fake.connectors.map(({ config }) => config);
const configOf = ({ name, endpoint }: DesiredConnector, pollingPeriod = '30m0s') => ({
  ...{ provider: 'Generic', name, endpoint, apiKey: KEY, pollingPeriod },
});

/** Runs the installation again, and checks that it changes nothing. */
async function expectNoFurtherChange(
  connectors: DesiredConnector[],
  options: Partial<InstallerOptions> = {},
) {
  const [before, writes] = [JSON.stringify(fake.connectors), fake.writes.length];
  const results = await install(connectors, options);
  expect(JSON.stringify(fake.connectors)).toBe(before);
  expect(results.every(({ changes }) => changes.length === 0)).toBe(true);
  return { results, refusedWrites: fake.writes.length - writes };
}

it('on an empty server all connectors are installed, and a second run changes nothing', async () => {
  const connectors = [desire('house-bank'), desire('acme/house-bank'), desire('mollie')];
  const results = await install(connectors);
  expect(results.map(({ outcome }) => outcome)).toEqual(['installed', 'installed', 'installed']);
  expect(configs()).toEqual(connectors.map((one) => configOf(one)));
  const second = await expectNoFurtherChange(connectors);
  expect(second.results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged', 'unchanged']);
  expect(second.refusedWrites).toBe(0);
});

it('on a half-installed server the rest is installed, and what exists is adopted under its id', async () => {
  const [first, second] = [desire('house-bank'), desire('mollie')];
  const existing = fake.addConnector({ ...configOf(first), pageSize: 25 });
  // A connector whose deletion has begun does not count as installed.
  fake.addConnector(configOf(second), { name: 'mollie-old', scheduledForDeletion: true });
  const results = await install([first, second]);
  expect(results.map(({ outcome }) => outcome)).toEqual(['unchanged', 'installed']);
  expect(results[0]?.connectorId).toBe(existing.id);
  expect(existing.config).toEqual({ ...configOf(first), pageSize: 25 });
  await expectNoFurtherChange([first, second]);
});

it('on a drifted server a changed connector is updated: name, endpoint, key and period', async () => {
  const [renamed, moved] = [desire('house-bank'), desire('mollie')];
  fake.addConnector({
    ...configOf(renamed, '1h'),
    name: 'my bank',
    apiKey: 'old-key-must-not-show',
    pageSize: 25,
  });
  fake.addConnector({ ...configOf(moved), endpoint: 'http://old.example.com/mollie' });
  const dry = await install([renamed, moved], { isDryRun: true });
  expect(fake.writes).toEqual([]);
  const results = await install([renamed, moved]);
  expect(results).toEqual(dry);
  expect(results[0]).toMatchObject({
    outcome: 'updated',
    changes: [
      { property: 'name', from: 'my bank', to: 'house-bank' },
      {
        property: 'apiKey',
        from: 'a key that the gateway does not accept',
        to: 'the first key of the deployment file',
      },
      { property: 'pollingPeriod', from: '1h0m0s', to: '30m' },
    ],
  });
  expect(results[1]?.changes).toEqual([
    { property: 'endpoint', from: 'http://old.example.com/mollie', to: moved.endpoint },
  ]);
  // A property that Tributary does not know (`pageSize`) is sent back unchanged.
  expect(configs()).toEqual([{ ...configOf(renamed), pageSize: 25 }, configOf(moved)]);
  expect(JSON.stringify(results)).not.toContain('must-not-show');
  expect(fake.writes.every((write) => write.startsWith('PATCH'))).toBe(true);
  await expectNoFurtherChange([renamed, moved]);
});

it('a key that the gateway accepts is replaced only if that is asked for', async () => {
  const keys = createKeys({ isAccepted: (key) => [KEY, 'second-key-must-not-show'].includes(key) });
  const bank = desire('house-bank', { keys });
  fake.addConnector({ ...configOf(bank), apiKey: 'second-key-must-not-show' });
  expect((await install([bank]))[0]?.outcome).toBe('unchanged');
  const [rotated] = await install([bank], { isRotatingKeys: true });
  expect(rotated?.changes).toEqual([
    {
      property: 'apiKey',
      from: 'another key of the deployment file',
      to: 'the first key of the deployment file',
    },
  ]);
  expect(configs()).toEqual([configOf(bank)]);
  await expectNoFurtherChange([bank], { isRotatingKeys: true });
});

it('on a hanging server an installation without an answer is found in the list, and not repeated', async () => {
  fake.hasWorker = false;
  const connectors = [desire('house-bank')];
  const [result] = await install(connectors);
  expect(result).toMatchObject({ outcome: 'installed', connectorId: 'connector-1' });
  expect(result?.notes.join()).toContain('no Formance worker runs');
  expect(fake.writes).toEqual(['POST /v3/connectors/install/generic']);
  expect(configs()).toEqual(connectors.map((one) => configOf(one)));
  await expectNoFurtherChange(connectors);
});

it('a CONFLICT of a connector that is not listed yet leads to another look at the list', async () => {
  const bank = desire('house-bank');
  fake.addConnector({ ...configOf(bank), apiKey: 'old-key-must-not-show' });
  fake.psp.injectFault({
    fault: { response: { body: { cursor: { pageSize: 15, hasMore: false, data: [] } } } },
    path: '/v3/connectors',
  });
  const [result] = await install([bank]);
  expect(result).toMatchObject({ outcome: 'updated', connectorId: 'connector-1' });
  expect(configs()).toEqual([configOf(bank)]);
});

it('the minimum period of the server is learned from its refusal, once for all connectors', async () => {
  const connectors = ['house-bank', 'mollie'].map((path) => desire(path, { pollingPeriod: '5m' }));
  const results = await install(connectors);
  expect(results.map(({ outcome }) => outcome)).toEqual(['installed', 'installed']);
  expect(results[0]?.notes.join()).toContain('polls every 20m0s and not every 5m');
  expect(configs().map(({ pollingPeriod }) => pollingPeriod)).toEqual(['20m0s', '20m0s']);
  expect(fake.writes).toHaveLength(3);
  const { results: second } = await expectNoFurtherChange(connectors);
  expect(second.map(({ outcome }) => outcome)).toEqual(['unchanged', 'unchanged']);
});

describe('a connector of which the deployment file has only hashes', () => {
  const createdKeys: string[] = [];
  const createKey = () => {
    createdKeys.push(`trb_new-key-${createdKeys.length}`);
    return createdKeys.at(-1)!;
  };
  const bank = () =>
    desire('house-bank', { keys: createKeys({ plainKey: undefined, isAccepted: () => false }) });

  it('is not installed without permission to create a key', async () => {
    const [result] = await install([bank()]);
    expect(result?.outcome).toBe('blocked');
    expect(result?.notes.join()).toContain('--create-keys');
    expect(fake.writes).toEqual([]);
  });

  it('gets a new key, is asked for its hash, and gets no other key in a second run', async () => {
    const dry = await install([bank()], { isDryRun: true, createKey });
    expect(createdKeys).toEqual([]);
    expect(dry[0]?.outcome).toBe('installed');
    const [result] = await install([bank()], { createKey });
    expect(configs()[0]).toMatchObject({ apiKey: createdKeys[0] });
    expect(result?.notes.join()).toContain(`add "sha256:${createdKeys[0]?.length}"`);
    expect(JSON.stringify(result)).not.toContain(createdKeys[0]);
    const { results } = await expectNoFurtherChange([bank()], { createKey });
    expect(results[0]?.notes.join()).toContain(`add "sha256:`);
    expect(createdKeys).toHaveLength(1);
  });

  it('keeps the key of Formance if its hash is in the file', async () => {
    fake.addConnector({ ...configOf(bank()), apiKey: 'known-by-its-hash' });
    const keys = createKeys({ plainKey: undefined, isAccepted: (key) => key === 'known-by-its-hash' });
    const [result] = await install([desire('house-bank', { keys })]);
    expect(result?.outcome).toBe('unchanged');
  });
});

it('what a person must decide is not touched, and does not stop the others', async () => {
  const bank = desire('house-bank');
  fake.addConnector({ ...configOf(bank), name: 'first copy' });
  fake.addConnector({ ...configOf(bank), name: 'second copy' });
  fake.addConnector({ name: 'stripe', pollingPeriod: '30m' }, { provider: 'Stripe' });
  const results = await install([bank, desire('stripe'), desire('x'), desire('mollie')]);
  expect(results.map(({ outcome }) => outcome)).toEqual(['blocked', 'blocked', 'blocked', 'installed']);
  expect(results[0]?.notes.join()).toContain('2 connectors that could be this one');
  expect(results[1]?.notes.join()).toContain('provider stripe');
  expect(results[2]?.notes.join()).toContain('has 1 characters; Formance accepts 3 to 500');
  expect(fake.writes).toEqual(['POST /v3/connectors/install/generic']);
});

it('a server that refuses one connector is told for this one, and the others are installed', async () => {
  fake.psp.injectFault({
    fault: { status: 500, body: { errorCode: 'INTERNAL', errorMessage: 'boom' } },
    method: 'POST',
  });
  const results = await install([desire('house-bank'), desire('mollie')]);
  expect(results.map(({ outcome }) => outcome)).toEqual(['failed', 'installed']);
  expect(results[0]?.notes.join()).toContain('answered 500: boom');
});
