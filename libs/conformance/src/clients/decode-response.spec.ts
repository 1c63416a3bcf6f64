/** Tests that the models detect invalid rows. Each row of the table "Decoding" in the contract is tested with every version. */
import { GenericConnectorClient } from './generic-connector-client.js';
import type { ClientResponse } from './decode-response.js';
import { CLIENT_VERSIONS, getClientVersion } from './client-versions.js';

const ROW = {
  id: 'tx-1',
  createdAt: '2025-03-04T05:06:07Z',
  updatedAt: '2025-03-04T05:06:07.089Z',
  currency: 'EUR/2',
  type: 'PAYIN',
  status: 'PENDING',
  amount: '1250',
};

function json(body: unknown): ClientResponse {
  return { status: 200, contentType: 'application/json', body: JSON.stringify(body) };
}

/** Polls once. The given response is the first page, and the next page is empty. */
async function poll(version: string, answer: ClientResponse): Promise<number | string> {
  const client = new GenericConnectorClient(getClientVersion(version), async (path) =>
    path.includes('page=1&') ? answer : json([]),
  );
  return client.poll('transactions').catch((error: Error) => error.name);
}

const forAllVersions = (outcome: number | string) =>
  Object.fromEntries(CLIENT_VERSIONS.map(({ name }) => [name, outcome]));

async function pollAll(answer: ClientResponse) {
  return Object.fromEntries(
    await Promise.all(CLIENT_VERSIONS.map(async ({ name }) => [name, await poll(name, answer)] as const)),
  );
}

test.each<[string, object]>([
  ['a time without a zone', { updatedAt: '2025-03-04T05:06:07' }],
  ['a day that does not exist', { createdAt: '2025-02-30T00:00:00Z' }],
  ['a null status', { status: null }],
  ['an unknown status', { status: 'SETTLED' }],
  ['an unknown type', { type: 'FEE' }],
  ['an amount that is a number', { amount: 1250 }],
  ['a metadata value that is a number', { metadata: { count: 1 } }],
  ['metadata that is an array', { metadata: [] }],
  ['an id that is a number', { id: 1 }],
])('%s rejects the whole page', async (_, members) => {
  expect(await pollAll(json([ROW, { ...ROW, ...members }]))).toEqual(forAllVersions('ResponseRejected'));
});

test.each([['12.50'], [''], ['1e3'], ['٣']])('the amount %j ends the run', async (amount) => {
  expect(await pollAll(json([{ ...ROW, amount }]))).toEqual(forAllVersions('PollFailed'));
});

test.each<[string, object]>([
  ['a negative amount', { amount: '-5' }],
  ['another zone', { createdAt: '2025-03-04T05:06:07+05:30' }],
  ['unknown members', { extra: { deep: 1 } }],
  ['null where something is optional', { metadata: null, scheme: null, sourceAccountID: null }],
])('%s is fine', async (_, members) => {
  expect(await pollAll(json([{ ...ROW, ...members }]))).toEqual(forAllVersions(1));
});

test('an empty id, no creation time and a strange asset end the run of every version that validates', async () => {
  for (const members of [{ id: '' }, { createdAt: undefined }, { currency: 'eur' }]) {
    expect(await pollAll(json([{ ...ROW, ...members }]))).toEqual({
      ...forAllVersions('PollFailed'),
      'v2.0': 1,
      'v3.0.0': 1,
    });
  }
});

test('versions before v3.2 know three types and three statuses: any other word rejects the page', async () => {
  const old = {
    'v2.0': 'ResponseRejected',
    'v3.0.0': 'ResponseRejected',
    'v3.0.19': 'ResponseRejected',
    'v3.1.3': 'ResponseRejected',
  };
  expect(await pollAll(json([{ ...ROW, status: 'REFUNDED' }]))).toEqual({ ...forAllVersions(1), ...old });
  expect(await pollAll(json([{ ...ROW, type: 'OTHER' }]))).toEqual({ ...forAllVersions(1), ...old });
});

test('a row without its watermark is skipped by v3; v2 and the branch keep it', async () => {
  expect(await pollAll(json([{ ...ROW, updatedAt: undefined }]))).toEqual({
    ...forAllVersions(0),
    'v2.0': 1,
    'EN-1095': 1,
  });
});

test('an object where the array belongs, half an answer and an error reject the page', async () => {
  expect(await pollAll(json({ rows: [] }))).toEqual(forAllVersions('ResponseRejected'));
  expect(await pollAll({ ...json([]), body: '[' })).toEqual(forAllVersions('ResponseRejected'));
  expect(await pollAll({ ...json([ROW]), status: 503 })).toEqual(forAllVersions('ResponseRejected'));
  expect(await pollAll({ ...json([ROW]), status: 302 })).toEqual(forAllVersions('ResponseRejected'));
});

test('the two kinds of HTTP client differ about an empty body and about the content type', async () => {
  const empty = { status: 200, contentType: 'application/json', body: '' };
  const untyped = { ...json([ROW]), contentType: 'text/plain' };
  expect([await poll('v3.2.0', empty), await poll('v3.4.0', empty)]).toEqual([0, 'ResponseRejected']);
  expect([await poll('v3.2.0', untyped), await poll('v3.4.0', untyped)]).toEqual(['ResponseRejected', 1]);
});

test('the watermark is cut to whole seconds on the wire, in the zone that each version uses', async () => {
  const asked: Record<string, string | null> = {};
  for (const version of CLIENT_VERSIONS) {
    const client = new GenericConnectorClient(version, async (path) => {
      const query = new URL(path, 'http://server').searchParams;
      asked[version.name] = query.get('updatedAtFrom');
      return json(query.get('page') === '1' ? [{ ...ROW, updatedAt: '2025-03-04T07:06:07.089+02:00' }] : []);
    });
    await client.poll('transactions');
    await client.poll('transactions');
  }
  const served = '2025-03-04T07:06:07+02:00';
  const utc = '2025-03-04T05:06:07Z';
  expect(asked).toEqual({
    'v2.0': served,
    'v3.0.0': served,
    'v3.0.19': served,
    'v3.1.3': served,
    'v3.2.0': served,
    'v3.3.0': served,
    'v3.2.2': utc,
    'v3.3.3': utc,
    'v3.4.0': utc,
    'EN-1095': utc,
  });
});
