/** Runs the common test suite of all plugins against the fake, which is checked against Revolut's document. */
import { describePsp } from '@tributary/connector-api/testing';
import { revolutBusiness } from './index.js';
import { FAKE_SETTINGS } from './revolut-business.fake.js';
import { startRevolutBusinessFixture } from './testing/suite-fixture.js';

const NO_DISPUTES = 'The Business API lists no disputes of payments that were received.';

describePsp(revolutBusiness, {
  directory: import.meta.dirname,
  settings: FAKE_SETTINGS,
  invalidSettings: {
    since: ['yesterday', '2026-13-01'],
    issuer: ['https://example.com'],
    url: ['revolut'],
    privateKey: ['not a key'],
    changesWithinDays: [0],
    rereadEveryHours: [0],
    requestsPerMinute: [0],
    pageSize: [0, 1001],
  },
  createFixture: startRevolutBusinessFixture,
  skip: {
    'movements: a dispute that is lost': NO_DISPUTES,
    'movements: a dispute that is won': NO_DISPUTES,
  },
  live: {
    variables: [
      'LIVE_REVOLUT_CLIENT_ID',
      'LIVE_REVOLUT_PRIVATE_KEY',
      'LIVE_REVOLUT_ISSUER',
      'LIVE_REVOLUT_REFRESH_TOKEN',
    ],
    readSettings: ({
      LIVE_REVOLUT_CLIENT_ID: clientId,
      LIVE_REVOLUT_PRIVATE_KEY: privateKey,
      LIVE_REVOLUT_ISSUER: issuer,
      LIVE_REVOLUT_REFRESH_TOKEN: refreshToken,
    }) =>
      clientId && privateKey && issuer && refreshToken
        ? { clientId, privateKey, issuer, refreshToken, url: 'https://sandbox-b2b.revolut.com/api/1.0' }
        : undefined,
  },
});
