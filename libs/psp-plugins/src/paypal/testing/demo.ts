/** Starts the fake with a short history, for `npm run demo -- paypal`. */
import { startFixtureDemo, type Demo } from '@tributary/connector-api/testing';
import { FAKE_SETTINGS } from '../paypal.fake.js';
import { startPaypalFixture } from './suite-fixture.js';

export function startDemo(): Promise<Demo> {
  return startFixtureDemo({ createFixture: startPaypalFixture, settings: FAKE_SETTINGS });
}
