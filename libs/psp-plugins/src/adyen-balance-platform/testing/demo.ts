/** The fake with a short history, for `npm run demo -- adyen-balance-platform`. */
import { startFixtureDemo, type Demo } from '@tributary/connector-api/testing';
import { FAKE_SETTINGS } from '../adyen-balance-platform.fake.js';
import { startAdyenBalancePlatformFixture } from './suite-fixture.js';

export function startDemo(): Promise<Demo> {
  return startFixtureDemo({ createFixture: startAdyenBalancePlatformFixture, settings: FAKE_SETTINGS });
}
