/** Runs the common test suite of all plugins against the fake, which is checked against Square's document. */
import { describePsp } from '@tributary/connector-api/testing';
import { square } from './index.js';
import { FAKE_SETTINGS } from './square.fake.js';
import { startSquareFixture } from './testing/suite-fixture.js';

describePsp(square, {
  directory: import.meta.dirname,
  settings: FAKE_SETTINGS,
  invalidSettings: {
    since: ['yesterday', '2026-13-01'],
    url: ['square'],
    webhookUrl: ['webhooks'],
    apiVersion: ['2', 'latest'],
    changesWithinDays: [0],
    rereadEveryHours: [0],
    requestsPerMinute: [0],
  },
  secrets: [FAKE_SETTINGS.accessToken, ...FAKE_SETTINGS.webhookSignatureKeys],
  createFixture: startSquareFixture,
  skip: {
    'movements: a transfer between two own accounts is one row':
      'Square moves no money between two locations.',
    'movements: a conversion is one row for each currency': 'A location has one currency.',
    'faults: an empty object':
      'Square leaves out an empty list, so an empty object is its answer for a location without rows.',
    'listings: oldest first':
      'every location has lists of its own: each is listed oldest first, and they are read in turns',
    'webhooks: an old signature is refused':
      'the signature covers the URL and the body, and Square sends no time with it',
  },
  live: {
    variables: ['LIVE_SQUARE_ACCESS_TOKEN'],
    readSettings: ({ LIVE_SQUARE_ACCESS_TOKEN: accessToken }) =>
      accessToken ? { accessToken, url: 'https://connect.squareupsandbox.com' } : undefined,
  },
});
