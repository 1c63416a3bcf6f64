/** What the diagnosis of a connector knows, and what it finds. */
import type { DesiredConnector } from '../install/desired-connector.js';
import type { GenericConfig, InstalledConnector, Schedule, ScheduleRun } from '../payments/payments.types.js';

/** What Formance says about a connector. */
export type FormanceFacts =
  | { kind: 'unreachable'; message: string }
  | { kind: 'absent' }
  /** A person must decide which connector it is. */
  | { kind: 'ambiguous'; reason: string }
  | {
      kind: 'found';
      connector: InstalledConnector;
      config: GenericConfig;
      paused: readonly Schedule[];
      /** Number of schedules that were read; at most `MAX_SCHEDULES`. */
      scheduleCount: number;
      /** The newest run of each kind of schedule. Schedules that poll a single account are left out. */
      lastRuns: readonly { schedule: string; run: ScheduleRun }[];
    };

/** Whether the endpoint of the deployment file leads to a gateway, seen from the machine that runs the command. */
export type EndpointFacts =
  | { kind: 'reachable' }
  | { kind: 'no-connection'; reason: string }
  /** The host does not exist, or something else than a gateway answers. */
  | { kind: 'no-gateway'; reason: string };

/** What the store of the gateway says about a stream. Times are milliseconds since 1970. */
export interface StreamFacts {
  stream: string;
  /** Number of rows in the feed. */
  rows: number;
  lastPull?: { at: number; error?: string };
  /** The reader with the key that Formance has; absent before its first request. */
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
  /** One sentence: what is wrong. */
  what: string;
  /** One sentence: what to do next. */
  advice: string;
}
