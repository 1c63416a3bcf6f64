/** Runs the inherited test suite against the fake, which is checked against Adyen's documents. */
import { describePsp } from '@tributary/connector-api/testing';
import { FAKE_SETTINGS } from './adyen-balance-platform.fake.js';
import { adyenBalancePlatform } from './index.js';
import { startAdyenBalancePlatformFixture } from './testing/suite-fixture.js';

describePsp(adyenBalancePlatform, {
  directory: import.meta.dirname,
  settings: FAKE_SETTINGS,
  invalidSettings: {
    since: ['yesterday', '2026-13-01'],
    url: ['adyen'],
    webhookKeys: [['not hexadecimal']],
    balance: ['pending'],
    priority: ['slow'],
    changesWithinDays: [0],
    rereadEveryHours: [0],
    requestsPerMinute: [0],
    pageSize: [0, 101],
  },
  createFixture: startAdyenBalancePlatformFixture,
  skip: {
    'webhooks: an old signature is refused':
      'A webhook of Adyen has no signed time; Adyen repeats it for days, so an old one is valid.',
  },
  live: {
    variables: ['LIVE_ADYEN_BALANCE_PLATFORM_API_KEY', 'LIVE_ADYEN_BALANCE_PLATFORM_ID'],
    readSettings: ({
      LIVE_ADYEN_BALANCE_PLATFORM_API_KEY: apiKey,
      LIVE_ADYEN_BALANCE_PLATFORM_ID: balancePlatform,
    }) =>
      apiKey && balancePlatform
        ? { apiKey, balancePlatform, url: 'https://balanceplatform-api-test.adyen.com' }
        : undefined,
  },
});
