/** Runs the common test suite of all plugins for both kinds of order of this plugin. */
import { describePsp } from '@tributary/connector-api/testing';
import { mollie } from './index.js';
import { FAKE_ACCESS_TOKEN } from './mollie.fake.js';
import {
  startDraftTransfersFixture,
  startBalancePayoutsFixture,
  FAKE_WEBHOOK_SECRET,
} from './testing/suite-fixture.js';

describe.each([
  ['payouts of a balance', startBalancePayoutsFixture, undefined],
  // Only the groups about orders are run a second time. The other groups would read the same journals again.
  [
    'draft transfers from a business account',
    startDraftTransfersFixture,
    ['settings', 'changes', 'movements', 'beneficiaries', 'secrets', 'orders', 'order faults'],
  ],
])('with %s', (_name, createFixture, groups) => {
  describePsp(mollie, {
    directory: import.meta.dirname,
    settings: { accessToken: FAKE_ACCESS_TOKEN, webhookSecrets: [FAKE_WEBHOOK_SECRET] },
    invalidSettings: {
      payouts: ['on'],
      transfers: ['on', true],
      balance: ['pending'],
      pageSize: [0, 251],
      url: ['mollie'],
      beneficiaries: [
        [{ name: 'Jan Jansen', iban: 'NL03ABNA0123456789' }],
        [{ name: '', iban: 'NL02ABNA0123456789' }],
        ['NL02ABNA0123456789'],
        [
          { name: 'Jan Jansen', iban: 'NL02ABNA0123456789' },
          { name: 'J. Jansen', iban: 'nl02 abna 0123 4567 89' },
        ],
      ],
    },
    secrets: [FAKE_ACCESS_TOKEN, FAKE_WEBHOOK_SECRET],
    createFixture,
    ...(groups && { groups }),
    skip: {
      'movements: a transfer between two own accounts is one row':
        'Mollie moves no money between two balances of an organisation',
      'movements: a conversion is one row for each currency': 'Mollie converts no money between balances',
      'listings: oldest first':
        'every account has a journal of its own: each is listed oldest first, one journal after the other',
      'webhooks: an old signature is refused':
        'the signature covers the body only, and Mollie sends no time with it',
    },
    live: {
      variables: ['LIVE_MOLLIE_ACCESS_TOKEN'],
      readSettings: ({ LIVE_MOLLIE_ACCESS_TOKEN: accessToken }) =>
        accessToken ? { accessToken, testmode: true } : undefined,
    },
  });
});
