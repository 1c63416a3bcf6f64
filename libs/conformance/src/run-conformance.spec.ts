/** Tests the conformance run with a service that conforms, and with services that have one fault each. */
import { formatJunit } from './report/format-junit.js';
import { formatResult, formatSummary } from './report/format-text.js';
import type { ConformanceReport } from './conformance.types.js';
import { CONFORMANCE_CHECKS, runConformance } from './run-conformance.js';
import {
  createErrorResponse,
  FaultyService,
  SERVICE_KEY,
  type ServiceFault,
} from './testing/faulty-service.js';

const PAYOUT = { amount: '100', currency: 'EUR/2', sourceAccountId: 'acc-1', destinationAccountId: 'ben-1' };

async function check(fault: ServiceFault, { pays = false } = {}) {
  const service = new FaultyService(fault);
  const url = await service.listen();
  try {
    return await runConformance({ url, key: SERVICE_KEY, watchMs: 1, ...(pays ? { payout: PAYOUT } : {}) });
  } finally {
    await service.close();
  }
}

/** The warnings about releases that do not accept the word REFUNDED, which the service uses. */
const OLD_RELEASES = ['clients/v2.0', 'clients/v3.0.0', 'clients/v3.1.3'].map((id) => `warning ${id}`);

const listFailures = ({ results }: ConformanceReport) =>
  results.filter(({ outcome }) => outcome === 'failed').map(({ severity, id }) => `${severity} ${id}`);

it('passes a service that conforms, and says which checks it skipped', async () => {
  const report = await check({});
  expect(listFailures(report)).toEqual(OLD_RELEASES);
  expect(report.results.filter(({ outcome }) => outcome === 'skipped').map(({ id }) => id)).toEqual([
    'orders/response',
    'orders/repeat',
    'orders/other-request',
    'orders/invalid',
  ]);
  expect(report.conforms).toBe(true);
  expect(formatSummary(report)).toBe(
    `The service conforms: ${CONFORMANCE_CHECKS.length - 7} passed, 0 errors, 3 warnings, 4 skipped.`,
  );
});

it('checks payouts if one is given', async () => {
  const report = await check({}, { pays: true });
  expect(listFailures(report)).toEqual(OLD_RELEASES);
  expect(report.results.some(({ outcome }) => outcome === 'skipped')).toBe(false);
});

/** Each fault, and the check that must report it. */
const FAULTS: readonly (readonly [name: string, check: string, fault: ServiceFault])[] = [
  [
    'serves without a key',
    'authentication/no-key',
    { isAuthorized: (key) => key === undefined || key.endsWith(SERVICE_KEY) },
  ],
  ['accepts any key', 'authentication/wrong-key', { isAuthorized: (key) => key !== undefined }],
  ['a decimal amount', 'lists/rows', { rows: ({ transactions }) => (transactions![7]!['amount'] = '12.50') }],
  [
    'an asset without decimal places',
    'lists/rows',
    { rows: ({ transactions }) => (transactions![7]!['currency'] = 'eur') },
  ],
  [
    'a status that is no word of the contract',
    'clients/v3.4.0',
    { rows: ({ transactions }) => (transactions![7]!['status'] = 'settled') },
  ],
  ['an id with a slash', 'lists/rows', { rows: ({ accounts }) => (accounts![0]!.id = 'acc/1') }],
  [
    'two rows with one time',
    'lists/order',
    { rows: ({ transactions }) => (transactions![8]!['updatedAt'] = transactions![7]!['updatedAt']) },
  ],
  [
    'a list that is sorted newest first',
    'lists/order',
    { rows: ({ transactions }) => void transactions!.reverse() },
  ],
  [
    'pages that count from 0',
    'lists/pages',
    { getPage: (service, request) => service.getPage({ ...request, page: request.page + 1 }) },
  ],
  [
    'a page size that is never more than 50',
    'lists/page-size',
    {
      getPage: (service, request) =>
        service.getPage({ ...request, pageSize: Math.min(request.pageSize, 50) }),
    },
  ],
  [
    'the last page again behind the end',
    'lists/past-the-end',
    { getPage: (service, request) => service.getPage({ ...request, page: Math.min(request.page, 2) }) },
  ],
  [
    'a filter that is exclusive',
    'lists/filter',
    {
      getPage: (service, { from, ...request }) =>
        service.getPage({ ...request, from: from === undefined ? undefined : from + 1 }),
    },
  ],
  [
    'a filter that is ignored',
    'lists/filter',
    { getPage: (service, request) => service.getPage({ ...request, from: undefined }) },
  ],
  [
    'page numbers that do not count within the filter',
    'lists/filter-pages',
    {
      getPage: (service, request) =>
        request.page > 1 ? service.getPage({ ...request, from: undefined }) : service.getPage(request),
    },
  ],
  [
    'a filter that knows only UTC',
    'lists/filter-formats',
    {
      getPage: (service, request) =>
        /\+|%2B| /.test(request.query.toString()) ? [] : service.getPage(request),
    },
  ],
  [
    'a row that changes at its place',
    'lists/append-only',
    {
      getPage: (service, request) => {
        const page = service.getPage(request);
        return page.map((row) =>
          row.id === 'tx-9' ? { ...row, status: 'FAILED', amount: String(Date.now()) } : row,
        );
      },
    },
  ],
  ['a rejected unknown parameter', 'lists/unknown-parameters', { unknownParameterStatus: 400 }],
  ['a 500 for an invalid parameter', 'lists/unknown-parameters', { invalidParameterStatus: 500 }],
  ['a wrong content type', 'lists/content-type', { contentType: 'text/plain' }],
  [
    'versions with different createdAt',
    'transactions/versions',
    { rows: ({ transactions }) => (transactions!.at(-1)!['createdAt'] = '2026-02-01T00:00:00.000Z') },
  ],
  [
    'a version that is listed twice',
    'transactions/repeated-versions',
    {
      rows: ({ transactions }) =>
        void transactions!.push({ ...transactions!.at(-1)!, updatedAt: '2026-03-01T00:00:00.000Z' }),
    },
  ],
  [
    'a refund before its payment',
    'transactions/related-order',
    {
      rows: ({ transactions }) => {
        const refund = transactions!.splice(130, 1)[0]!;
        transactions!.unshift({ ...refund, updatedAt: '2025-12-31T00:00:00.000Z' });
      },
    },
  ],
  [
    'a transaction of an unknown account',
    'transactions/accounts',
    { rows: ({ transactions }) => (transactions![0]!['destinationAccountID'] = 'acc-9') },
  ],
  [
    'a balance that is a number',
    'balances/format',
    {
      getBalances: (service, id) => ({
        status: 200,
        body: { ...service.getBalances(id).body, balances: [{ amount: 12.5, currency: 'EUR/2' }] },
      }),
    },
  ],
  [
    'a balance of another account',
    'balances/account',
    {
      getBalances: (service, id) => ({
        status: 200,
        body: { ...service.getBalances(id).body, accountID: 'acc-1' },
      }),
    },
  ],
  [
    'a balance whose time goes back',
    'balances/time',
    {
      getBalances: (service, id) => ({
        status: 200,
        body: {
          ...service.getBalances(id).body,
          at: new Date(START - service.balanceRequests * 1000).toISOString(),
        },
      }),
    },
  ],
  [
    'an asset that disappears',
    'balances/assets',
    {
      getBalances: (service, id) => {
        const { body } = service.getBalances(id);
        const balances = body['balances'] as unknown[];
        return {
          status: 200,
          body: {
            ...body,
            balances: Math.floor(service.balanceRequests / 2) % 2 === 0 ? balances : balances.slice(0, 1),
          },
        };
      },
    },
  ],
  ['a 500 for an unknown account', 'balances/unknown-account', { unknownAccountStatus: 500 }],
];

const START = Date.UTC(2026, 0, 1);

it.each(FAULTS)('names %s: %s', async (_name, id, fault) => {
  const report = await check(fault);
  const failed = report.results.find((result) => result.id === id);
  expect(failed?.outcome).toBe('failed');
  expect(failed?.problems.length).toBeGreaterThan(0);
  expect(formatResult(failed!)).toContain(`FAILED  ${id}`);
});

const ORDER_FAULTS: readonly (readonly [name: string, check: string, fault: ServiceFault])[] = [
  [
    'a payout that is answered with 200',
    'orders/response',
    { pay: (service, request) => ({ ...service.payOnce(request), status: 200 }) },
  ],
  [
    'a repeat that pays again',
    'orders/repeat',
    {
      pay: (service, request) => ({
        status: 201,
        body: {
          id: `p-${service.payouts.set(String(service.payouts.size), { request: '', body: {} }).size}`,
          ...request,
          status: 'PENDING',
        },
      }),
    },
  ],
  [
    'another request with a known key',
    'orders/other-request',
    { pay: (service, request) => service.payOnce({ ...request, amount: '100' }) },
  ],
  [
    'a 500 for an invalid payout',
    'orders/invalid',
    {
      pay: (service, request) =>
        request['amount'] === '-1' ? createErrorResponse(500, 'Oops') : service.payOnce(request),
    },
  ],
];

it.each(ORDER_FAULTS)('names %s: %s', async (_name, id, fault) => {
  const report = await check(fault, { pays: true });
  expect(report.results.find((result) => result.id === id)?.outcome).toBe('failed');
});

it('reports failures as JUnit', async () => {
  const xml = formatJunit(
    await check({ rows: ({ transactions }) => (transactions![7]!['amount'] = '<12.50>') }),
  );
  expect(xml).toMatch(/^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuite name="http:\/\/127/);
  expect(xml).toContain('&lt;12.50&gt;');
  expect(xml).toMatch(/failures="[1-9]\d*" skipped="4"/);
});

it('fails if the service cannot be reached', async () => {
  const run = runConformance({ url: 'http://127.0.0.1:1', key: SERVICE_KEY, watchMs: 1 });
  await expect(run).rejects.toThrow('cannot reach http://127.0.0.1:1: ');
});
