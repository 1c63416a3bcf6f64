/** Runs all checks against a Generic Connector service. */
import { AUTHENTICATION_CHECKS } from './checks/authentication.checks.js';
import { BALANCE_CHECKS } from './checks/balance.checks.js';
import { CLIENT_CHECKS } from './checks/client.checks.js';
import { LIST_CHECKS } from './checks/list.checks.js';
import { ORDER_CHECKS } from './checks/order.checks.js';
import { TRANSACTION_CHECKS } from './checks/transaction.checks.js';
import {
  CheckSkipped,
  type ConformanceCheck,
  type CheckResult,
  type ConformanceReport,
} from './conformance.types.js';
import { ServerUnderTest, type ServerOptions } from './server-under-test.js';

export const CONFORMANCE_CHECKS: readonly ConformanceCheck[] = [
  ...AUTHENTICATION_CHECKS,
  ...LIST_CHECKS,
  ...TRANSACTION_CHECKS,
  ...BALANCE_CHECKS,
  ...ORDER_CHECKS,
  ...CLIENT_CHECKS,
];

const MAX_PROBLEMS = 10;

/**
 * Checks a service. Only requests that read are sent, unless a payout is provided.
 * @param onResult a function that is called after each check
 * @throws Error if the service cannot be reached
 */
export async function runConformance(
  options: ServerOptions,
  onResult: (result: CheckResult) => void = () => {},
): Promise<ConformanceReport> {
  const server = new ServerUnderTest(options);
  const startedAt = new Date().toISOString();
  const results: CheckResult[] = [];
  try {
    await assertReachable(server, options.url);
    for (const check of CONFORMANCE_CHECKS) {
      const result = await runCheck(check, server);
      results.push(result);
      onResult(result);
    }
  } finally {
    server.close();
  }
  const conforms = !results.some(({ outcome, severity }) => outcome === 'failed' && severity === 'error');
  return { url: options.url, startedAt, results, conforms };
}

async function assertReachable(server: ServerUnderTest, url: string): Promise<void> {
  try {
    await server.request('/accounts?pageSize=1');
  } catch (error) {
    throw new Error(`cannot reach ${url}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

async function runCheck(check: ConformanceCheck, server: ServerUnderTest): Promise<CheckResult> {
  const { id, title, severity, consequence } = check;
  const startedAt = performance.now();
  const finish = (outcome: CheckResult['outcome'], problems: string[]): CheckResult => ({
    ...{ id, title, severity, consequence, outcome },
    problems: limitProblems(problems),
    durationMs: Math.round(performance.now() - startedAt),
  });
  try {
    const problems = await check.run(server);
    return finish(problems.length === 0 ? 'passed' : 'failed', problems);
  } catch (error) {
    const message = error instanceof Error ? error.message || error.name : String(error);
    return finish(error instanceof CheckSkipped ? 'skipped' : 'failed', [message]);
  }
}

function limitProblems(problems: string[]): string[] {
  if (problems.length <= MAX_PROBLEMS) return problems;
  return [...problems.slice(0, MAX_PROBLEMS), `and ${problems.length - MAX_PROBLEMS} more`];
}
