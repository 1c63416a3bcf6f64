/** The objects that every scenario needs. */
import type { CheckResults } from './check-results.js';
import type { ConnectorName, GatewayUnderTest } from './gateway-under-test.js';
import type { PaymentsServer } from './payments-server.js';
import type { EndToEndSettings } from './settings.js';

export interface ScenarioContext {
  settings: EndToEndSettings;
  gateway: GatewayUnderTest;
  payments: PaymentsServer;
  results: CheckResults;
  /** The prefix of all names in this run. */
  run: string;
}

export interface Scenario {
  name: string;
  connector: ConnectorName;
  execute: (context: ScenarioContext) => Promise<void>;
}
