/** Starts the fake with a short history, for `npm run demo -- mollie`. */
import { startFixtureDemo, type Demo } from '@tributary/connector-api/testing';
import { FAKE_ACCESS_TOKEN } from '../mollie.fake.js';
import { FAKE_WEBHOOK_SECRET, startBalancePayoutsFixture } from './suite-fixture.js';

export function startDemo(): Promise<Demo> {
  const settings = { accessToken: FAKE_ACCESS_TOKEN, webhookSecrets: [FAKE_WEBHOOK_SECRET] };
  return startFixtureDemo({ createFixture: startBalancePayoutsFixture, settings });
}
