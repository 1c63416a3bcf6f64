/** Starts the plugin with a directory of statements that have a short history, for `npm run demo -- bank-statements`. */
import { startFixtureDemo, type Demo } from '@tributary/connector-api/testing';
import { createStatementsFixture } from './suite-fixture.js';

export function startDemo(): Promise<Demo> {
  return startFixtureDemo({ createFixture: createStatementsFixture });
}
