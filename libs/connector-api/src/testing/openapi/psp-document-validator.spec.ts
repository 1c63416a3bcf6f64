import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PspDocumentValidator } from './psp-document-validator.js';
import type { DocumentCorrection, SentRequest } from './psp-document-validator.js';

const VERSION_31 = `
openapi: 3.1.0
servers: [{ url: https://acme.example/v2 }]
security: [{ key: [] }]
paths:
  /payouts:
    post:
      parameters:
        - { in: header, name: Idempotency-Key, required: true, schema: { type: string, minLength: 5 } }
      requestBody:
        required: true
        content:
          application/json:
            schema: { $ref: '#/components/schemas/payout' }
            examples: { first: { $ref: '#/components/examples/payout' } }
          application/x-www-form-urlencoded:
            schema: { type: object, properties: { amount: { type: string } } }
      responses:
        '201': { content: { application/hal+json: { schema: { $ref: '#/components/schemas/payout' } } } }
        '204': { description: nothing }
        4XX: { content: { application/json: { schema: { type: object, properties: { detail: { type: string } } } } } }
    get:
      security: []
      parameters:
        - { in: query, name: status, schema: { type: array, items: { enum: [open, paid] } } }
        - { in: query, name: limit, schema: { type: [integer, 'null'], maximum: 250 } }
        - { in: query, name: amount, schema: { type: object, properties: { value: { type: string } } } }
        - { in: query, name: test, schema: { type: boolean } }
      responses:
        default: { content: { application/json: { example: { any: 1 } } } }
components:
  securitySchemes: { key: { type: http, scheme: bearer } }
  examples:
    payout: { value: { amount: '1.00', to: { kind: bank, iban: X } } }
  schemas:
    payout:
      allOf:
        - $ref: '#/components/schemas/base'
        - type: object
          required: [amount, secret]
          properties:
            amount: { type: [string, 'null'] }
            secret: { type: string, writeOnly: true }
            to: { $ref: '#/components/schemas/target', description: beside a reference }
            metadata: { type: object }
    base: { type: object, required: [id], properties: { id: { type: string, readOnly: true } } }
    target:
      oneOf: [{ $ref: '#/components/schemas/bank' }, { $ref: '#/components/schemas/card' }]
      discriminator: { propertyName: kind, mapping: { bank: '#/components/schemas/bank', card: card } }
    bank: { type: object, required: [iban], properties: { kind: { type: string }, iban: { type: string } } }
    card: { type: object, required: [pan], properties: { kind: { type: string }, pan: { type: string } } }
`;

const VERSION_30 = {
  openapi: '3.0.1',
  paths: {
    '/accounts': {
      get: {
        responses: {
          200: {
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  properties: {
                    title: { type: 'string', nullable: true, enum: ['a', 'b'] },
                    amount: { type: 'number', minimum: 0, exclusiveMinimum: true },
                    id: { type: 'string', format: 'uuid' },
                  },
                },
              },
            },
          },
        },
      },
    },
  },
};

describe('PspDocumentValidator', () => {
  let directory: string;
  let acme: PspDocumentValidator;
  let count = 0;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'openapi-'));
    acme = await load(VERSION_31, 'yaml');
  });
  afterAll(() => rm(directory, { recursive: true }));

  async function load(
    text: string,
    ending: string,
    corrections?: DocumentCorrection[],
  ): Promise<PspDocumentValidator> {
    const path = join(directory, `${(count += 1)}.${ending}`);
    await writeFile(path, text);
    return PspDocumentValidator.load(path, corrections);
  }

  const payout = { amount: '1.00', secret: 's', to: { kind: 'bank', iban: 'X' } };
  const post = (more: Partial<SentRequest> = {}): SentRequest => ({
    method: 'POST',
    path: '/v2/payouts',
    query: new URLSearchParams(),
    headers: {
      authorization: 'Bearer x',
      'idempotency-key': 'key-1',
      'content-type': 'application/json; charset=utf-8',
    },
    body: payout,
    ...more,
  });
  const get = (query: string): SentRequest =>
    post({ method: 'GET', query: new URLSearchParams(query), headers: {}, body: undefined });

  it.each<[string, Partial<SentRequest>, string[]]>([
    ['as documented', {}, []],
    [
      'a form',
      {
        headers: { ...post().headers, 'content-type': 'application/x-www-form-urlencoded' },
        body: { amount: '1' },
      },
      [],
    ],
    ['null where it is allowed', { body: { ...payout, amount: null, metadata: { anything: 1 } } }, []],
    ['an unknown path', { path: '/v2/payout' }, ['the document has no POST /v2/payout']],
    ['a path without the server’s', { path: '/payouts' }, ['the document has no POST /payouts']],
    [
      'no credentials',
      { headers: { ...post().headers, authorization: undefined } },
      ['credentials are absent: expected key'],
    ],
    [
      'no header',
      { headers: { ...post().headers, 'idempotency-key': undefined } },
      ['header parameter Idempotency-Key is required, and absent'],
    ],
    [
      'a bad header',
      { headers: { ...post().headers, 'idempotency-key': 'k' } },
      ['header parameter Idempotency-Key /: must NOT have fewer than 5 characters, found "k"'],
    ],
    ['no body', { body: undefined }, ['a body is required, and absent']],
    [
      'another type',
      { headers: { ...post().headers, 'content-type': 'text/plain' } },
      ['expected content of type application/json, application/x-www-form-urlencoded, found text/plain'],
    ],
    [
      'a read-only property',
      { body: { ...payout, id: '1' } },
      ['/id: does not belong here: the document calls it read-only or write-only'],
    ],
    [
      'an invented property',
      { body: { ...payout, to: { ...payout.to, colour: 'red' } } },
      ['/to: the document has no property "colour" here'],
    ],
    [
      'a property of another choice',
      { body: { ...payout, to: { kind: 'card', iban: 'X' } } },
      ['/to: must have required property \'pan\', found {"kind":"card","iban":"X"}'],
    ],
    [
      'an unknown choice',
      { body: { ...payout, to: { kind: 'cash' } } },
      ['/to/kind: expected one of ["bank","card"], found "cash"'],
    ],
  ])('a request with %s', async (_name, more, expected) => {
    const problems = acme.checkRequest(post(more));
    const plain = problems.map((problem) => problem.replace('POST /payouts: request: ', ''));
    expect(plain).toEqual(expect.arrayContaining(expected));
    expect(problems.length > 0).toBe(expected.length > 0);
  });

  it.each([
    ['status=open&status=paid&limit=250&test=true&amount[value]=1', 0],
    ['status=lost', 1],
    ['limit=251', 1],
    ['limit=x', 1],
    ['test=yes', 1],
    ['amount[size]=1', 1],
    ['from=x', 1],
    ['limit=1&limit=2', 1],
  ])('a query of %s has %i problems', async (query, expected) => {
    expect(acme.checkRequest(get(query))).toHaveLength(expected);
  });

  it('checks responses: status, type, and properties that only requests have', async () => {
    const check = (status: number, body: unknown, type = 'application/hal+json') =>
      acme.checkResponse(post(), { status, headers: { 'content-type': type }, body });
    expect(check(201, { id: '1', amount: '1.00' })).toEqual([]);
    expect(check(422, { detail: 'no' }, 'application/json')).toEqual([]);
    expect(check(204, undefined)).toEqual([]);
    expect(check(204, {})).toHaveLength(1);
    expect(check(200, {})).toEqual([
      'POST /payouts: response 200: expected one of the statuses 201, 204, 4XX',
    ]);
    expect(check(201, { id: '1', amount: '1.00' }, 'application/json')).toHaveLength(1);
    expect(check(201, { amount: '1.00' })).toHaveLength(1);
    expect(check(201, { ...payout, id: '1' })).toHaveLength(1);
    expect(check(201, undefined)).toHaveLength(1);
  });

  it('understands OpenAPI 3.0: nullable, and limits as flags', async () => {
    const document = await load(JSON.stringify(VERSION_30), 'json');
    const check = (body: unknown) =>
      document.checkResponse(
        { method: 'GET', path: '/accounts' },
        { status: 200, headers: { 'content-type': 'application/json' }, body },
      );
    expect(check({ title: null, amount: 0.1 })).toEqual([]);
    expect(check({ title: 'c' })).toEqual([
      'GET /accounts: response 200: /title: expected one of ["a","b",null], found "c"',
    ]);
    expect(check({ amount: 0 })).toEqual(['GET /accounts: response 200: /amount: must be > 0, found 0']);
    expect(check({ id: 'no-uuid' })).toEqual([
      'GET /accounts: response 200: /id: must match format "uuid", found "no-uuid"',
    ]);
  });

  it('lists examples, of requests and of responses', async () => {
    expect(acme.getExamples('POST', '/payouts')).toEqual([
      {
        name: 'POST /payouts request first',
        mediaType: 'application/json',
        value: { amount: '1.00', to: { kind: 'bank', iban: 'X' } },
      },
    ]);
    expect(acme.getExamples('GET', '/payouts')).toMatchObject([{ status: 500, value: { any: 1 } }]);
    expect(() => acme.getExamples('GET', '/nothing')).toThrow('the document has no GET /nothing');
  });

  it('can be corrected where it is wrong', async () => {
    const pointer =
      '#/paths/~1accounts/get/responses/200/content/application~1json/schema/properties/id/format';
    const document = await load(JSON.stringify(VERSION_30), 'json', [
      { pointer, value: undefined, reason: 'ids are no UUIDs' },
    ]);
    const response = {
      status: 200,
      headers: { 'content-type': 'application/json' },
      body: { id: 'no-uuid' },
    };
    expect(document.checkResponse({ method: 'GET', path: '/accounts' }, response)).toEqual([]);
    await expect(
      load(JSON.stringify(VERSION_30), 'json', [{ pointer: '#/no/such', value: 1, reason: '' }]),
    ).rejects.toThrow('#/no');
  });

  it('refuses what is no OpenAPI 3 document', async () => {
    await expect(load('{"swagger":"2.0"}', 'json')).rejects.toThrow('is no OpenAPI 3 document');
  });
});
