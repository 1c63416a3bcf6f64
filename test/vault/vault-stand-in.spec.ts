/**
 * Compares the responses of the stand-in with the documented responses of HashiCorp Vault (developer.hashicorp.com/vault/api-docs: HTTP API,
 * KV version 2, AppRole, Kubernetes): the properties, their types and the statuses.
 */
import { Ajv } from 'ajv';
import { VaultStandIn } from './vault-stand-in.js';

const text = { type: 'string' };
const ERRORS = {
  type: 'object',
  required: ['errors'],
  properties: { errors: { type: 'array', items: text } },
};
const METADATA = {
  type: 'object',
  required: ['created_time', 'custom_metadata', 'deletion_time', 'destroyed', 'version'],
  properties: {
    ...{ created_time: text, deletion_time: text, custom_metadata: { type: ['object', 'null'] } },
    ...{ destroyed: { type: 'boolean' }, version: { type: 'integer' } },
  },
};
const createSecretSchema = (data: object) => ({
  type: 'object',
  required: ['data'],
  properties: {
    data: { type: 'object', required: ['data', 'metadata'], properties: { data, metadata: METADATA } },
  },
});
const LOGIN = {
  type: 'object',
  required: ['auth', 'data', 'lease_duration', 'lease_id', 'renewable'],
  properties: {
    auth: {
      type: 'object',
      required: ['client_token', 'accessor', 'policies', 'metadata', 'lease_duration', 'renewable'],
      properties: { client_token: text, lease_duration: { type: 'integer' } },
    },
  },
};

const vault = new VaultStandIn();
let url: string;
beforeAll(async () => (url = await vault.start()));
afterAll(() => vault.stop());

async function request(path: string, init: RequestInit = {}) {
  const headers = { 'x-vault-token': vault.token, ...(init.headers as Record<string, string>) };
  const response = await fetch(`${url}/v1/${path}`, { ...init, headers });
  return { status: response.status, body: await response.json() };
}

function expectShape(schema: object, body: unknown) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  expect(ajv.validate(schema, body) ? [] : ajv.errors).toEqual([]);
}

it('returns a secret as documented, with 404 and the metadata if its latest version is deleted', async () => {
  vault.secrets.set('secret/data/mollie', { apiKey: 'live_1' }).set('secret/data/old', undefined);
  const read = await request('secret/data/mollie');
  expect(read).toMatchObject({ status: 200, body: { data: { data: { apiKey: 'live_1' } } } });
  expectShape(createSecretSchema({ type: 'object' }), read.body);
  const deleted = await request('secret/data/old');
  expect(deleted.status).toBe(404);
  expectShape(createSecretSchema({ type: 'null' }), deleted.body);
});

it('returns errors as documented', async () => {
  const missing = await request('secret/data/missing');
  const denied = await request('secret/data/mollie', { headers: { 'x-vault-token': 'wrong' } });
  vault.isSealed = true;
  const sealed = await request('secret/data/mollie');
  vault.isSealed = false;
  expect([missing.status, denied.status, sealed.status]).toEqual([404, 403, 503]);
  for (const { body } of [missing, denied, sealed]) expectShape(ERRORS, body);
});

it('logs in as documented', async () => {
  const logIn = (path: string, body: object) =>
    request(path, { method: 'POST', body: JSON.stringify(body), headers: { 'x-vault-token': '' } });
  for (const [path, body] of [
    ['auth/approle/login', vault.appRole],
    ['auth/kubernetes/login', vault.kubernetes],
  ] as const) {
    const login = await logIn(path, body);
    expect(login).toMatchObject({ status: 200, body: { auth: { client_token: vault.token } } });
    expectShape(LOGIN, login.body);
    const refused = await logIn(path, { ...body, role_id: 'other', role: 'other' });
    expect(refused.status).toBe(400);
    expectShape(ERRORS, refused.body);
  }
});
