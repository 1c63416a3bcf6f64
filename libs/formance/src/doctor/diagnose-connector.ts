/** Finds the faults of a connector, with advice how to correct them. The functions are pure: they only evaluate facts. */
import { findNameProblem } from '../install/desired-connector.js';
import { isSameDuration, parseGoDuration } from '../payments/go-duration.js';
import type { ConnectorFacts, Finding, FormanceFacts } from './doctor.types.js';

type FoundFacts = Extract<FormanceFacts, { kind: 'found' }>;

/**
 * The default minimum polling period of a Formance server. The operator of the server can change it, and the server does not report the
 * value.
 */
const STOCK_MINIMUM_PERIOD = '20m';
/** The number of polling periods without a new run after which Formance's worker is assumed to have stopped. */
const MAX_IDLE_PERIODS = 3;
const MIN_IDLE_MS = 5 * 60_000;
const DEFAULT_PERIOD_MS = 30 * 60_000;

const INSTALL_ADVICE = 'Run "tributary formance install"';

/** Returns the findings, causes before their effects. If there is no fault, the array is empty. */
export function diagnoseConnector(facts: ConnectorFacts): Finding[] {
  return [
    ...findInvalidName(facts),
    ...findEndpointProblems(facts),
    ...findFormanceProblems(facts),
    ...findFailedPulls(facts),
  ];
}

function findInvalidName({ desired }: ConnectorFacts): Finding[] {
  const problem = findNameProblem(desired);
  if (problem === undefined) return [];
  const [what = '', ...advice] = problem.split('. ');
  return [{ cause: 'name-too-short', what, advice: advice.join('. ') }];
}

function findEndpointProblems({ endpoint, desired }: ConnectorFacts): Finding[] {
  switch (endpoint.kind) {
    case 'reachable':
      return [];
    case 'no-connection':
      return [
        {
          cause: 'gateway-down',
          what: `the gateway does not answer at ${desired.endpoint} (${endpoint.reason})`,
          advice: 'Start the gateway, and check the reverse proxy in front of it',
        },
      ];
    case 'no-gateway':
      return [
        {
          cause: 'wrong-url',
          what: `there is no gateway at ${desired.endpoint}: ${endpoint.reason}`,
          advice: 'Correct formance.publicUrl in the deployment file, then run "tributary formance install"',
        },
      ];
  }
}

function findFormanceProblems(facts: ConnectorFacts): Finding[] {
  const { formance, desired } = facts;
  switch (formance.kind) {
    case 'unreachable':
      return [
        {
          cause: 'formance-unreachable',
          what: `Formance cannot be asked: ${formance.message}`,
          advice: 'Check formance.url and formance.auth in the deployment file, and whether Formance runs',
        },
      ];
    case 'ambiguous':
      return [{ cause: 'ambiguous', what: formance.reason, advice: `${INSTALL_ADVICE} after that` }];
    case 'absent':
      return [
        {
          cause: 'not-installed',
          what: `Formance has no connector with the name ${JSON.stringify(desired.name)} or the endpoint ${desired.endpoint}`,
          advice: INSTALL_ADVICE,
        },
        ...(isBelowStockMinimum(desired.pollingPeriod) ? [describeLowPeriod(desired.pollingPeriod)] : []),
      ];
    case 'found':
      return findInstalledProblems(facts, formance);
  }
}

function findInstalledProblems(facts: ConnectorFacts, found: FoundFacts): Finding[] {
  const { desired } = facts;
  const { config } = found;
  const findings: Finding[] = [];
  if (config.endpoint !== desired.endpoint)
    findings.push({
      cause: 'wrong-url',
      what: `Formance reads ${config.endpoint}, and the deployment file says ${desired.endpoint}`,
      advice: INSTALL_ADVICE,
    });
  if (!desired.keys.isAccepted(config.apiKey)) findings.push(describeWrongKey(facts));
  if (!isSameDuration(config.pollingPeriod, desired.pollingPeriod))
    findings.push(
      isBelowStockMinimum(desired.pollingPeriod) && !isBelowStockMinimum(config.pollingPeriod)
        ? describeLowPeriod(desired.pollingPeriod, config.pollingPeriod)
        : {
            cause: 'configuration-differs',
            what: `Formance polls every ${config.pollingPeriod}, and the deployment file says ${desired.pollingPeriod}`,
            advice: INSTALL_ADVICE,
          },
    );
  if (config.name !== desired.name)
    findings.push({
      cause: 'configuration-differs',
      what: `the connector has the name ${JSON.stringify(config.name)} in Formance, and ${JSON.stringify(desired.name)} in the deployment file`,
      advice: INSTALL_ADVICE,
    });
  findings.push(...findPausedSchedules(found), ...findIdleWorker(facts, found));
  // If a fault was found above, a failed run is only its effect, so the run is not reported.
  return findings.length > 0 || facts.endpoint.kind !== 'reachable' ? findings : findFailedRuns(found);
}

function describeWrongKey({ desired, unauthorized }: ConnectorFacts): Finding {
  const seen =
    unauthorized === undefined
      ? ''
      : `; the gateway refused ${unauthorized.requests} requests with 401, the last one at ${formatTime(unauthorized.lastAt)}`;
  return {
    cause: 'wrong-key',
    what: `Formance has a key that the gateway does not accept for ${desired.path}${seen}`,
    advice: `${INSTALL_ADVICE}, or restart the gateway if you have added the key to the deployment file just now`,
  };
}

function describeLowPeriod(wanted: string, present?: string): Finding {
  const polls = present === undefined ? '' : `, and Formance polls every ${present}`;
  return {
    cause: 'period-below-minimum',
    what: `the polling period ${wanted} of the deployment file is below ${STOCK_MINIMUM_PERIOD}, the minimum of a Formance server${polls}`,
    advice: `Set formance.pollingPeriod to ${STOCK_MINIMUM_PERIOD} or more, or lower the minimum of the Formance server (CONNECTOR_POLLING_PERIOD_MINIMUM) and run "tributary formance install"`,
  };
}

function findPausedSchedules({ paused, lastRuns }: FoundFacts): Finding[] {
  const [first] = paused;
  if (first === undefined) return [];
  const others = paused.length > 1 ? ` and ${paused.length - 1} more` : '';
  const error = lastRuns.find(({ schedule }) => schedule === first.id)?.run.error;
  const reason = [first.pausedReason, error && `last error: ${describeRunError(error)}`]
    .filter(Boolean)
    .join('; ');
  return [
    {
      cause: 'schedule-paused',
      what: `Formance has paused the schedule ${first.id}${others} since ${first.pausedAt ?? 'an unknown time'}${reason === '' ? '' : ` (${reason})`}`,
      advice: 'Repair the cause, then run "tributary formance doctor --resume"',
    },
  ];
}

/**
 * Finds out whether Formance's worker has stopped. A worker starts a run of each schedule in every polling period, even if the runs fail.
 * If no new runs exist, the worker does not run.
 */
function findIdleWorker({ now }: ConnectorFacts, found: FoundFacts): Finding[] {
  const { connector, config, scheduleCount, lastRuns, paused } = found;
  if (paused.length > 0) return [];
  const starts = [connector.createdAt, ...lastRuns.map(({ run }) => run.createdAt)].map((time) =>
    Date.parse(time),
  );
  const idleMs = now - Math.max(...starts);
  const periodMs = parseGoDuration(config.pollingPeriod) ?? DEFAULT_PERIOD_MS;
  const maxIdleMs = scheduleCount === 0 ? MIN_IDLE_MS : Math.max(MIN_IDLE_MS, MAX_IDLE_PERIODS * periodMs);
  if (idleMs <= maxIdleMs) return [];
  const what =
    scheduleCount === 0
      ? 'Formance has no schedule for the connector'
      : `Formance has started no run of a schedule for ${Math.round(idleMs / 60_000)} minutes, with a polling period of ${config.pollingPeriod}`;
  return [
    {
      cause: 'worker-down',
      what: `${what}, so no Formance worker runs`,
      advice: 'Start the worker of Formance Payments, and check that it reaches Temporal',
    },
  ];
}

function findFailedRuns({ lastRuns }: FoundFacts): Finding[] {
  const failed = lastRuns.find(({ run }) => run.error !== undefined);
  if (failed === undefined) return [];
  return [
    {
      cause: 'run-failed',
      what: `the last run of the schedule ${failed.schedule}, at ${failed.run.createdAt}, failed: ${describeRunError(failed.run.error ?? '')}`,
      advice:
        'Check that Formance reaches the gateway from its own network, and look for refused requests in the log of the gateway',
    },
  ];
}

/** Explains an error that Formance stored for a run. */
function describeRunError(error: string): string {
  const text = error.slice(0, 300);
  if (/invalid client request/i.test(error))
    return `${text} – the gateway answered with a 4xx, most often 401`;
  if (/connection refused|no such host|deadline exceeded|timeout/i.test(error))
    return `${text} – Formance does not reach the gateway`;
  return text;
}

function findFailedPulls({ streams }: ConnectorFacts): Finding[] {
  const failed = streams.filter(({ lastPull }) => lastPull?.error !== undefined);
  const [first] = failed;
  if (first?.lastPull === undefined) return [];
  const names = failed.map(({ stream }) => stream).join(', ');
  return [
    {
      cause: 'psp-down',
      what: `the gateway cannot pull ${names} from the PSP since ${formatTime(first.lastPull.at)}: ${first.lastPull.error ?? ''}`,
      advice:
        'Check the PSP and the settings of the connector; "tributary sync --once" tries again and shows the error',
    },
  ];
}

function isBelowStockMinimum(period: string): boolean {
  return (parseGoDuration(period) ?? Infinity) < (parseGoDuration(STOCK_MINIMUM_PERIOD) ?? 0);
}

function formatTime(time: number): string {
  return new Date(time).toISOString();
}
