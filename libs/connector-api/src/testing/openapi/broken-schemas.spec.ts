import { PspDocumentValidator } from './psp-document-validator.js';
import type { OpenApiNode } from './openapi-node.js';

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

function createDocument(schemas: OpenApiNode): PspDocumentValidator {
  const content = { 'application/json': { schema: reference('list') } };
  return new PspDocumentValidator({
    openapi: '3.0.3',
    paths: { '/rows': { get: { responses: { 200: { content } } } } },
    components: { schemas },
  });
}

function check(document: PspDocumentValidator, body: unknown): string[] {
  const headers = { 'content-type': 'application/json' };
  return document.checkResponse({ method: 'GET', path: '/rows' }, { status: 200, headers, body });
}

const list = { type: 'array', items: reference('row') };
const row = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string' }, amount: reference('amount'), payee: reference('payee') },
};
const amount = { type: 'object', properties: { value: { type: 'string', pattern: '^[0-9]+$' } } };

it.each<[string, OpenApiNode]>([
  ['an invalid pattern', { type: 'object', properties: { iban: { type: 'string', pattern: '[' } } }],
  ['a type that does not exist', { type: 'object', properties: { iban: { type: 'txt' } } }],
  ['a reference to nothing', { type: 'object', properties: { iban: reference('absent') } }],
])('a schema with %s is skipped and named, and all others are checked', (_, payee) => {
  const document = createDocument({ list, row, amount, payee });
  expect(check(document, [{ id: 'a', amount: { value: '12' }, payee: { iban: 'X' } }])).toEqual([]);
  expect(document.skippedSchemas).toEqual(['payee']);
  expect(check(document, [{ amount: { value: 'twelve' } }])).toEqual([
    expect.stringContaining("must have required property 'id'"),
    expect.stringContaining('must match pattern'),
  ]);
});

it('a document without a broken schema skips nothing', () => {
  const document = createDocument({ list, row, amount, payee: { type: 'object' } });
  expect(check(document, [{ id: 7 }])).toEqual([expect.stringContaining('must be string')]);
  expect(document.skippedSchemas).toEqual([]);
});

it('5 000 rows are checked within 3 s', () => {
  const document = createDocument({ list, row, amount, payee: { type: 'object' } });
  const rows = Array.from({ length: 5_000 }, (_, index) => ({ id: `row-${index}`, amount: { value: '12' } }));
  const start = performance.now();
  for (let page = 0; page < rows.length; page += 100) {
    expect(check(document, rows.slice(page, page + 100))).toEqual([]);
  }
  expect(performance.now() - start).toBeLessThan(3_000);
});
