/** The types of the diagnosis of a connector: the facts that it evaluates, and its findings. */
import type { DesiredConnector } from '../install/desired-connector.js';
import type { GenericConfig, InstalledConnector, Schedule, ScheduleRun } from '../payments/payments.types.js';

/** The state of the connector in Formance. */
export type FormanceFacts =
  | { kind: 'unreachable'; message: string }
  | { kind: 'absent' }
  /** Several connectors in Formance could be this connector, so a person must choose. */
  | { kind: 'ambiguous'; reason: string }
  | {
      kind: 'found';
      connector: InstalledConnector;
      config: GenericConfig;
      paused: readonly Schedule[];
      /** The number of schedules that were read. It is at most `MAX_SCHEDULES`. */
      scheduleCount: number;
      /** The newest run of each kind of schedule. Schedules that poll a single account are left out. */
      lastRuns: readonly { schedule: string; run: ScheduleRun }[];
    };

/** Whether the endpoint in the deployment file leads to a gateway. It is checked from the machine that runs the command. */
export type GatewayReachability =
  | { kind: 'reachable' }
  | { kind: 'no-connection'; reason: string }
  /** The host does not exist, or the service that responds is not a gateway. */
  | { kind: 'no-gateway'; reason: string };

/** The state of a stream in the gateway's database. Times are milliseconds since 1970. */
export interface StreamFacts {
  stream: string;
  /** The number of rows in the feed. */
  rows: number;
  lastPull?: { at: number; error?: string };
  /** The reading position of the client with the key that is stored in Formance. Absent before the client's first request. */
  reader?: { requestedAt: number; rowsBehind?: number; intervalMs?: number };
}

export interface ConnectorFacts {
  desired: DesiredConnector;
  formance: FormanceFacts;
  endpoint: GatewayReachability;
  streams: readonly StreamFacts[];
  /** The number and the last time of requests without a valid key. Absent if there were none. */
  unauthorized?: { requests: number; lastAt: number };
  now: number;
}

export type DiagnosisCause =
  | 'formance-unreachable'
  | 'name-too-short'
  | 'not-installed'
  | 'ambiguous'
  | 'wrong-url'
  | 'wrong-key'
  | 'gateway-down'
  | 'schedule-paused'
  | 'period-below-minimum'
  | 'worker-down'
  | 'psp-down'
  | 'run-failed'
  | 'configuration-differs';

export interface Finding {
  cause: DiagnosisCause;
  /** The fault, in one sentence. */
  what: string;
  /** The next step for the operator, in one sentence. */
  advice: string;
}
