import { PspHttp } from '../http/index.js';
import { FakePsp, fakeRoute } from '../testing/index.js';
import { PageTokenExpiredError, requestHalPage } from './index.js';

let fake: FakePsp;
let http: PspHttp;
let body: object;
beforeEach(async () => {
  fake = await FakePsp.start({
    routes: [fakeRoute('GET', '/accounts/{id}/things', () => ({ body }))],
    createErrorBody: (status) => ({ message: String(status) }),
  });
  http = new PspHttp({ name: 'Acme', baseUrl: fake.url, retries: { maxAttempts: 1 } });
});
afterEach(async () => {
  http.onApplicationShutdown();
  await fake.close();
});

const THINGS = { _embedded: { things: [{ id: 't_1' }, { id: 't_2' }] } };
const LIST = { property: 'things', parameter: 'from', params: { id: 'a' } };

const requestPage = (token?: string, idProperty?: string) =>
  requestHalPage(http, '/accounts/{id}/things', { ...LIST, token, ...(idProperty && { idProperty }) });

it('requests a page at its position, and reads the position of the next one', async () => {
  body = { ...THINGS, _links: { next: { href: 'https://acme.example/things?from=t_3' } } };
  const page = await requestHalPage(http, '/accounts/{id}/things', {
    ...{ ...LIST, token: 't_1', query: { limit: 2 } },
  });
  expect(page.rows.map((row) => row.string('id'))).toEqual(['t_1', 't_2']);
  expect(page.next).toBe('t_3');
  expect(Object.fromEntries(fake.requests[0]!.query)).toEqual({ limit: '2', from: 't_1' });
  await requestPage();
  expect([...fake.requests[1]!.query]).toEqual([]);
});

it('without links, the last row is the position of the next page where positions are ids', async () => {
  body = THINGS;
  expect((await requestPage('t_1', 'id')).next).toBe('t_2');
  expect((await requestPage('t_2', 'id')).next).toBeUndefined();
  expect((await requestPage('t_1')).next).toBeUndefined();
  body = { ...THINGS, _links: {} };
  expect((await requestPage('t_1', 'id')).next).toBeUndefined();
  body = { _embedded: { things: [] } };
  expect(await requestPage('t_1', 'id')).toEqual({ rows: [] });
});

it.each([400, 404])(
  'a position that the PSP declines with %i has expired; the first page has none',
  async (status) => {
    fake.injectFault({ fault: { status }, times: 2 });
    await expect(requestPage('t_1')).rejects.toThrow(PageTokenExpiredError);
    await expect(requestPage()).rejects.toMatchObject({ kind: 'rejected' });
  },
);

it.each([403, 500])('the status %i says nothing about the position', async (status) => {
  fake.injectFault({ fault: { status } });
  await expect(requestPage('t_1')).rejects.not.toThrow(PageTokenExpiredError);
});
