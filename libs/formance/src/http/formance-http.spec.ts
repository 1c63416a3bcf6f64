/** Tests how the client of Formance reads lists, handles failures, and authenticates. */
import { FAKE_CLIENT, FAKE_TOKEN, FakeFormance } from '../testing/fake-formance.js';
import { connectToFake } from '../testing/test-connection.js';
import { FormanceError } from './formance-error.js';
import type { FormanceConnection, FormanceCredentials } from './formance-connection.js';

let fake: FakeFormance;
let connections: FormanceConnection[];
beforeEach(async () => {
  connections = [];
  fake = await FakeFormance.start();
});
afterEach(async () => {
  for (const connection of connections) connection.close();
  await fake.close();
});

function connect(credentials?: FormanceCredentials) {
  const { connection, client } = connectToFake(fake, credentials);
  connections.push(connection);
  return client;
}

const CONFIG = { endpoint: 'https://gateway/a', apiKey: 'key-that-must-not-show', pollingPeriod: '30m' };
const createClientCredentials = (): FormanceCredentials => ({
  kind: 'client',
  clientId: FAKE_CLIENT.id,
  clientSecret: FAKE_CLIENT.secret,
  tokenUrl: `${fake.url}/api/auth/oauth/token`,
});

async function listNames(client = connect()): Promise<string[]> {
  const names = [];
  for await (const { name } of client.listConnectors()) names.push(name);
  return names;
}

async function catchError(run: Promise<unknown>): Promise<FormanceError> {
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof FormanceError) return error;
  throw new Error(`expected a FormanceError, found ${String(error)}`);
}

it('a list is read to its last page', async () => {
  const names = ['one', 'two', 'three', 'four', 'five'];
  for (const name of names) fake.addConnector({ ...CONFIG, name });
  expect(await listNames()).toEqual(names);
});

it('an answer that does not say whether it is the last page is an error, and not the end', async () => {
  fake.psp.transformResponse = () => ({ cursor: { data: [] } });
  const error = await catchError(listNames());
  expect(error.message).toBe(
    'Formance Payments: GET /v3/connectors: the answer is not as documented: cursor.hasMore: expected true or false, found nothing',
  );
});

it('a server that is overloaded or closes the connection is asked again', async () => {
  fake.addConnector({ ...CONFIG, name: 'bank' });
  for (const fault of [{ status: 503 }, { status: 429, retryAfter: '1' }, 'reset'] as const) {
    fake.psp.injectFault({ fault });
    expect(await listNames()).toEqual(['bank']);
  }
  fake.psp.injectFault({ fault: { status: 503 }, times: Infinity });
  expect(await catchError(listNames())).toMatchObject({ kind: 'unavailable', details: { status: 503 } });
});

it('a 401 with an empty body is explained, and shows no token', async () => {
  fake.requiresToken = true;
  for (const credentials of [
    undefined,
    { kind: 'token', token: 'wrong-token-that-must-not-show' },
  ] as const) {
    const error = await catchError(listNames(connect(credentials)));
    expect(error.kind).toBe('unauthorized');
    expect(error.message).toContain('answered 401 with an empty body');
    expect(error.message).toContain('lacks a scope');
    expect(error.message).not.toContain('must-not-show');
  }
});

it('a static token is sent', async () => {
  fake.requiresToken = true;
  fake.addConnector({ ...CONFIG, name: 'bank' });
  expect(await listNames(connect({ kind: 'token', token: FAKE_TOKEN }))).toEqual(['bank']);
});

it('client credentials get one token, and another one when the first is refused', async () => {
  fake.requiresToken = true;
  fake.addConnector({ ...CONFIG, name: 'bank' });
  const client = connect(createClientCredentials());
  for (let count = 0; count < 3; count += 1) expect(await listNames(client)).toEqual(['bank']);
  expect(fake.tokens).toBe(1);
  // The server accepts only a newer token now.
  fake.tokens = 5;
  expect(await listNames(client)).toEqual(['bank']);
  expect(fake.tokens).toBe(6);
});

it('wrong client credentials are named, and not shown', async () => {
  fake.requiresToken = true;
  const client = connect({
    ...createClientCredentials(),
    clientSecret: 'wrong-secret-that-must-not-show',
  } as FormanceCredentials);
  const error = await catchError(listNames(client));
  expect(error.kind).toBe('unauthorized');
  expect(error.message).toContain('no access token');
  expect(error.message).not.toContain('must-not-show');
});

it('a refusal that repeats the API key does not show it', async () => {
  fake.psp.injectFault({
    fault: { status: 400, body: { errorCode: 'VALIDATION', errorMessage: `bad key ${CONFIG.apiKey}` } },
  });
  const error = await catchError(connect().installGeneric({ ...CONFIG, name: 'bank', others: {} }));
  expect(error).toMatchObject({ kind: 'rejected', details: { status: 400, code: 'VALIDATION' } });
  expect(error.message).toContain('bad key [redacted]');
});
