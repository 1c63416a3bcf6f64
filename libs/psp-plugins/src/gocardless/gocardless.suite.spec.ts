/** Runs the inherited test suite against the fake. */
import { describePsp } from '@tributary/connector-api/testing';
import { FAKE_SETTINGS } from './gocardless.fake.js';
import { gocardless } from './index.js';
import { startGocardlessFixture } from './testing/suite-fixture.js';

describePsp(gocardless, {
  directory: import.meta.dirname,
  settings: FAKE_SETTINGS,
  invalidSettings: {
    since: ['yesterday', '2026-13-01'],
    url: ['gocardless'],
    changesWithinDays: [0, 366],
    rereadEveryHours: [0, 169],
    paymentAccounts: ['sometimes'],
    signingKey: ['not a key'],
    requestsPerMinute: [0],
    pageSize: [0, 501],
  },
  createFixture: startGocardlessFixture,
  skip: {
    'listings: oldest first':
      'Payments, refunds, payouts and events are lists of their own: each is listed oldest first, in turns with the others.',
    'webhooks: an old signature is refused':
      'The signature covers the body only, and GoCardless sends no time with it.',
    'movements: a transfer between two own accounts is one row':
      'GoCardless moves no money between two accounts without a payout.',
    'movements: a conversion is one row for each currency':
      'GoCardless converts money only in a payout, which is a third row.',
  },
  live: {
    variables: ['LIVE_GOCARDLESS_ACCESS_TOKEN'],
    readSettings: ({ LIVE_GOCARDLESS_ACCESS_TOKEN: accessToken }) =>
      accessToken ? { accessToken, url: 'https://api-sandbox.gocardless.com' } : undefined,
  },
});
