/** Runs the inherited test suite against the fake, which is checked against PayPal's documents. */
import { describePsp } from '@tributary/connector-api/testing';
import { paypal } from './index.js';
import { FAKE_SETTINGS } from './paypal.fake.js';
import { startPaypalFixture } from './testing/suite-fixture.js';

const ONE_ACCOUNT = 'The credentials of an app belong to one PayPal account.';

describePsp(paypal, {
  directory: import.meta.dirname,
  settings: FAKE_SETTINGS,
  invalidSettings: {
    accountId: ['acme', 'WDJJHEBZ4X2L0'],
    since: ['yesterday', '2026-13-01'],
    url: ['paypal'],
    balance: ['pending'],
    changesWithinDays: [0, 181],
    rereadEveryHours: [0],
    requestsPerMinute: [0],
    pageSize: [0, 501],
    beneficiaries: [
      [{ name: 'Ada', receiver: 'somebody' }],
      [{ name: '', receiver: 'ada@example.com' }],
      ['ada@example.com'],
      [
        { name: 'Ada', receiver: 'ada@example.com' },
        { name: 'A. L.', receiver: 'ada@example.com' },
      ],
    ],
  },
  secrets: [FAKE_SETTINGS.clientSecret],
  createFixture: startPaypalFixture,
  skip: {
    'movements: a transfer between two own accounts is one row': ONE_ACCOUNT,
    'movements: the rows of every account': ONE_ACCOUNT,
  },
  live: {
    variables: ['LIVE_PAYPAL_CLIENT_ID', 'LIVE_PAYPAL_CLIENT_SECRET', 'LIVE_PAYPAL_ACCOUNT_ID'],
    readSettings: ({
      LIVE_PAYPAL_CLIENT_ID: clientId,
      LIVE_PAYPAL_CLIENT_SECRET: clientSecret,
      LIVE_PAYPAL_ACCOUNT_ID: accountId,
    }) =>
      clientId && clientSecret && accountId
        ? { clientId, clientSecret, accountId, url: 'https://api-m.sandbox.paypal.com' }
        : undefined,
  },
});
