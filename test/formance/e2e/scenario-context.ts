/** What every scenario works with. */
import type { CheckResults } from './check-results.js';
import type { ConnectorName, GatewayUnderTest } from './gateway-under-test.js';
import type { PaymentsServer } from './payments-server.js';
import type { EndToEndSettings } from './settings.js';

export interface ScenarioContext {
  settings: EndToEndSettings;
  gateway: GatewayUnderTest;
  payments: PaymentsServer;
  results: CheckResults;
  /** The begin of all names of this run. */
  run: string;
}

export interface Scenario {
  name: string;
  connector: ConnectorName;
  execute: (context: ScenarioContext) => Promise<void>;
}
