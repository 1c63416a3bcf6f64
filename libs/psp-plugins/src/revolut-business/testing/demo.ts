/** Starts the fake with a short history, for `npm run demo -- revolut-business`. */
import { startFixtureDemo, type Demo } from '@tributary/connector-api/testing';
import { FAKE_SETTINGS } from '../revolut-business.fake.js';
import { startRevolutBusinessFixture } from './suite-fixture.js';

export function startDemo(): Promise<Demo> {
  return startFixtureDemo({ createFixture: startRevolutBusinessFixture, settings: FAKE_SETTINGS });
}
