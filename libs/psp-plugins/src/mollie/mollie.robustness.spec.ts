/** Tests responses that violate the document: a response without a list, a link to its own page, a journal that fails, a malformed key. */
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { computeBalance, FakeMollie, MOLLIE_DOCUMENT_PATH } from './mollie.fake.js';
import type { FakeBalance } from './mollie.fake.js';
import { simulateYear } from './testing/simulate-year.js';
import { MollieTestConnector, sumByAsset } from './testing/mollie-test-connector.js';

const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
let fake: FakeMollie;
let balance: FakeBalance;
let trial: MollieTestConnector;

beforeEach(async () => {
  fake = await FakeMollie.start(document);
  balance = fake.addBalance('EUR');
  trial = await MollieTestConnector.open(fake, { pageSize: 50 });
});

afterEach(async () => {
  await trial.close();
  await fake.close();
});

function expectComplete(of: FakeBalance): void {
  const sums = sumByAsset(trial.transactions.values(), of.id);
  expect(sums).toEqual({ [`${of.currency}/2`]: BigInt(computeBalance(of)) });
}

it.each([
  ['{}', { body: {} }],
  ['null', { body: null }],
  ['204', { status: 204 }],
])('takes %s in the middle of a walk for no end: nothing is lost', async (_name, response) => {
  simulateYear(fake, balance, 700);
  for (const nth of [3, 18]) {
    fake.server.injectFault({ fault: { response }, path: '/v2/balances/{id}/transactions', nth });
  }
  await expect(trial.sync()).rejects.toMatchObject({ kind: 'unavailable' });
  await trial.sync().catch(() => undefined);
  await trial.sync();
  expectComplete(balance);
});

it('takes a next link that leads to itself for an error', async () => {
  simulateYear(fake, balance, 300);
  const from = balance.journal.rows.at(-51)?.id ?? '';
  const next = { href: `https://api.mollie.com/v2/balances/x/transactions?from=${from}`, type: 'x' };
  const body = { count: 0, _embedded: { balance_transactions: [] }, _links: { next } };
  const path = '/v2/balances/{id}/transactions';
  fake.server.injectFault({ fault: { response: { body } }, path, nth: 2, times: 2 });
  await trial.sync().catch(() => undefined);
  fake.server.clearFaults();
  await trial.sync();
  expectComplete(balance);
});

it.each([
  [500, {}],
  [403, { status: 403, title: 'Forbidden', detail: 'no', _links: {} }],
])('reads the other journals when one answers %i', async (status, body) => {
  const others = [balance, fake.addBalance('USD'), fake.addBalance('GBP')];
  for (const one of others) simulateYear(fake, one, 60);
  const path = `/v2/balances/${others[1]!.id}/transactions`;
  fake.server.injectFault({ fault: { status, body }, path, times: Infinity });
  await expect(trial.sync()).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining(others[1]!.id),
  });
  expectComplete(others[0]!);
  expectComplete(others[2]!);
  fake.server.clearFaults();
  await trial.sync();
  expectComplete(others[1]!);
});

it('serves no balance whose amount has another currency', async () => {
  const business = fake.addBusinessAccount();
  fake.server.transformResponse = (_request, body) =>
    JSON.parse(
      JSON.stringify(body, (key, value: unknown) =>
        key === 'availableAmount' || key === 'total' ? { ...(value as object), currency: 'USD' } : value,
      ),
    );
  const { value: page } = await trial.psp.accounts()[Symbol.asyncIterator]().next();
  expect(page).toMatchObject({ items: [{ id: balance.id }, { id: business.id }], balances: [] });
  expect(page?.warnings).toEqual([
    expect.objectContaining({
      message: expect.stringContaining('availableAmount: the amount is in USD, and what contains it in EUR'),
    }),
    expect.objectContaining({
      message: expect.stringContaining('balance.total: the amount is in USD, and what contains it in EUR'),
    }),
  ]);
});
