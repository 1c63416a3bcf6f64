/** Tests the credentials: test mode, access tokens from OAuth and their renewal. Errors must not contain credentials. */
import { PspDocumentValidator } from '@tributary/connector-api/testing';
import { computeBalance, FakeMollie, MOLLIE_DOCUMENT_PATH, FAKE_ACCESS_TOKEN } from './mollie.fake.js';
import type { FakeBalance } from './mollie.fake.js';
import { simulateYear } from './testing/simulate-year.js';
import { MollieTestConnector, sumByAsset } from './testing/mollie-test-connector.js';
import type { MollieSettings } from './mollie.config.js';

const document = await PspDocumentValidator.loadOfficial(MOLLIE_DOCUMENT_PATH);
let fake: FakeMollie;
let balance: FakeBalance;
let trial: MollieTestConnector;

beforeEach(async () => {
  fake = await FakeMollie.start(document);
  balance = fake.addBalance('EUR');
  trial = await MollieTestConnector.open(fake);
});

afterEach(async () => {
  await trial.close();
  await fake.close();
});

it('test data are asked for where the settings say so, and OAuth tokens are fetched', async () => {
  await reopen({
    testmode: true,
    accessToken: undefined,
    refreshToken: 'refresh_fake',
    clientId: 'app_1',
    clientSecret: 'secret',
  });
  await trial.sync();
  const [token, ...others] = fake.server.requests;
  expect(token).toMatchObject({
    path: '/oauth2/tokens',
    body: { grant_type: 'refresh_token', refresh_token: 'refresh_fake' },
  });
  expect(
    others.every(
      ({ query, headers }) =>
        query.get('testmode') === 'true' && headers.authorization === `Bearer ${FAKE_ACCESS_TOKEN}`,
    ),
  ).toBe(true);
});

it('a token that expires or is refused during a listing is renewed, without an effect on the listing', async () => {
  simulateYear(fake, balance, 400);
  await reopen({
    accessToken: undefined,
    refreshToken: 'refresh_fake',
    clientId: 'app_1',
    clientSecret: 'secret',
    pageSize: 50,
  });
  fake.server.injectFault({ fault: { status: 401 }, path: '/v2/balances/{id}/transactions', nth: 3 });
  for await (const page of trial.psp.transactions()) {
    page.items.forEach((item) => trial['applyItem'](item));
    trial.clock.time += 10 * 60_000;
  }
  expect(sumByAsset(trial.transactions.values(), balance.id)).toEqual({
    'EUR/2': BigInt(computeBalance(balance)),
  });
  const tokens = fake.server.requests.filter(({ path }) => path === '/oauth2/tokens');
  expect(tokens.length).toBeGreaterThanOrEqual(3);
});

it('an error of Mollie says what Mollie said, and not the token', async () => {
  const body = {
    status: 400,
    title: 'Bad',
    detail: `The token ${FAKE_ACCESS_TOKEN} is odd`,
    field: 'limit',
    _links: {},
  };
  fake.server.injectFault({ fault: { status: 400, body } });
  const error = await trial.sync().then(undefined, (thrown: Error) => thrown.message);
  expect(error).toContain('is odd (field limit)');
  expect(error).not.toContain(FAKE_ACCESS_TOKEN);
});

async function reopen(settings: Partial<MollieSettings>): Promise<void> {
  await trial.close();
  trial = await MollieTestConnector.open(fake, settings);
}
