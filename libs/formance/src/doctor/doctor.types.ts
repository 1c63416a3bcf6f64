/** Types of the diagnosis of a connector: its input facts and its findings. */
import type { DesiredConnector } from '../install/desired-connector.js';
import type { GenericConfig, InstalledConnector, Schedule, ScheduleRun } from '../payments/payments.types.js';

/** The state of a connector in Formance. */
export type FormanceFacts =
  | { kind: 'unreachable'; message: string }
  | { kind: 'absent' }
  /** Several connectors are possible, so a person must choose. */
  | { kind: 'ambiguous'; reason: string }
  | {
      kind: 'found';
      connector: InstalledConnector;
      config: GenericConfig;
      paused: readonly Schedule[];
      /** Number of schedules that were read; at most `MAX_SCHEDULES`. */
      scheduleCount: number;
      /** The newest run of each kind of schedule. Schedules that poll a single account are omitted. */
      lastRuns: readonly { schedule: string; run: ScheduleRun }[];
    };

/** Whether the endpoint in the deployment file leads to a gateway, seen from the machine that runs the command. */
export type EndpointFacts =
  | { kind: 'reachable' }
  | { kind: 'no-connection'; reason: string }
  /** The host does not exist, or another service than a gateway responds. */
  | { kind: 'no-gateway'; reason: string };

/** The state of a stream in the gateway's store. Times are milliseconds since 1970. */
export interface StreamFacts {
  stream: string;
  /** Number of rows in the feed. */
  rows: number;
  lastPull?: { at: number; error?: string };
  /** The reader that uses the key stored in Formance; absent before its first request. */
  reader?: { requestedAt: number; rowsBehind?: number; intervalMs?: number };
}

export interface ConnectorFacts {
  desired: DesiredConnector;
  formance: FormanceFacts;
  endpoint: EndpointFacts;
  streams: readonly StreamFacts[];
  /** Requests without a valid key; absent if there were none. */
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
