import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakePsp, PspDocumentValidator, fakeRoute } from './index.js';
import type { FakePspOptions } from './index.js';

const DOCUMENT = {
  openapi: '3.0.1',
  servers: [{ url: 'https://acme.example/api/1.0' }],
  paths: {
    '/things/{id}': {
      get: {
        parameters: [{ in: 'query', name: 'count', schema: { type: 'integer', maximum: 100 } }],
        responses: {
          '200': {
            content: {
              'application/json': {
                schema: { type: 'object', required: ['id'], properties: { id: { type: 'string' } } },
              },
            },
          },
        },
      },
    },
  },
};

describe('FakePsp', () => {
  let directory: string;
  let document: PspDocumentValidator;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fake-psp-'));
    const path = join(directory, 'acme.json');
    await writeFile(path, JSON.stringify(DOCUMENT));
    document = await PspDocumentValidator.load(path);
  });
  afterAll(() => rm(directory, { recursive: true }));

  const things = fakeRoute('GET', '/things/{id}', ({ params }) => ({ body: { id: params['id'] } }));
  const start = (options: Partial<FakePspOptions> = {}) =>
    FakePsp.start({ basePath: '/api/1.0', routes: [things], document, ...options });

  it('answers from its routes and keeps the requests', async () => {
    const fake = await start({
      routes: [things, fakeRoute('GET', '/things/primary', () => ({ body: { id: 'the primary one' } }))],
    });
    expect(await (await fetch(`${fake.url}/things/a%2Fb?count=5`)).json()).toEqual({ id: 'a/b' });
    expect(await (await fetch(`${fake.url}/things/primary`)).json()).toEqual({ id: 'the primary one' });
    expect(fake.requests.map(({ method, path, query }) => `${method} ${path} ${query.toString()}`)).toEqual([
      'GET /things/a%2Fb count=5',
      'GET /things/primary ',
    ]);
    await fake.close();
  });

  it.each([
    [
      '/things/1?count=500',
      things,
      'GET /things/{id}: request: query parameter count /: must be <= 100, found 500',
    ],
    [
      '/things/1?page=2',
      things,
      'GET /things/{id}: request: the document has no query parameter "page" here',
    ],
    ['/stuff', fakeRoute('GET', '/stuff', () => ({ body: {} })), 'the document has no GET /api/1.0/stuff'],
    [
      '/things/1',
      fakeRoute('GET', '/things/{id}', () => ({ body: { id: 1 } })),
      'GET /things/{id}: response 200: /id: must be string, found 1',
    ],
    [
      '/things/1',
      fakeRoute('GET', '/things/{id}', () => ({ body: { id: '1', colour: 'red' } })),
      'GET /things/{id}: response 200: /: the document has no property "colour" here',
    ],
    [
      '/things/1',
      fakeRoute('GET', '/things/{id}', () => ({ status: 202, body: { id: '1' } })),
      'GET /things/{id}: response 202: expected one of the statuses 200',
    ],
    [
      '/things/1',
      fakeRoute('GET', '/things/{id}', () => Promise.reject(new Error('a defect of the fake'))),
      'a defect of the fake',
    ],
  ])('GET %s: fails its client, and fails the test when it closes', async (path, served, violation) => {
    const fake = await start({ routes: [served] });
    const response = await fetch(fake.url + path);
    expect(response.status).toBe(500);
    expect(await response.text()).toContain(violation);
    await expect(fake.close()).rejects.toThrow(violation);
  });

  it('lets pass what is undocumented for a reason', async () => {
    const fake = await start({
      routes: [
        fakeRoute('POST', '/token', () => ({ body: { token: 'x' } }), {
          undocumentedReason: 'documented elsewhere',
        }),
        fakeRoute('GET', '/things/{id}', () => ({
          body: { id: 'x', new: 1 },
          undocumentedReason: 'what a later version may add',
        })),
      ],
    });
    expect((await fetch(`${fake.url}/token`, { method: 'POST' })).status).toBe(200);
    expect((await fetch(`${fake.url}/things/1`)).status).toBe(200);
    await fake.close();
  });

  it('misbehaves as planned, and only then', async () => {
    const fake = await start({ createErrorBody: (status) => ({ code: status }) });
    const get = async (id: string) => {
      const response = await fetch(`${fake.url}/things/${id}`);
      return `${response.status} ${response.headers.get('retry-after') ?? ''} ${await response.text()}`;
    };
    fake.injectFault({ fault: { status: 429, retryAfter: '3' }, path: '/things/{id}', nth: 2, times: 2 });
    const seen = [await get('1'), await get('2'), await get('3'), await get('4')];
    expect(seen).toEqual(['200  {"id":"1"}', '429 3 {"code":429}', '429 3 {"code":429}', '200  {"id":"4"}']);
    fake.injectFault({ fault: 'html' });
    expect(await get('5')).toContain('<!DOCTYPE html>');
    fake.injectFault({ fault: 'broken-json' });
    expect(await get('6')).toBe('200  {"id"');
    fake.injectFault({ fault: { response: { status: 200, body: { invented: true } } } });
    expect(await get('7')).toBe('200  {"invented":true}');
    fake.injectFault({ fault: { status: 403 }, times: Infinity });
    expect(await get('8')).toContain('403');
    fake.clearFaults();
    expect(await get('9')).toContain('200');
    await fake.close();
  });

  it('breaks connections before and after the work is done', async () => {
    const done: string[] = [];
    const work = fakeRoute('GET', '/things/{id}', ({ params }) => {
      done.push(params['id'] ?? '');
      return { body: { id: 'x' } };
    });
    const fake = await start({ routes: [work] });
    for (const fault of ['reset', 'answer-lost', 'truncated'] as const) {
      fake.injectFault({ fault });
      await expect(
        fetch(`${fake.url}/things/${fault}`).then((response) => response.text()),
      ).rejects.toThrow();
    }
    expect(done).toEqual(['answer-lost', 'truncated']);
    await fake.close();
  });
});
