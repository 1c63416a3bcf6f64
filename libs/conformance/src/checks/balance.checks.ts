/** Checks of the balances of accounts. */
import { CheckSkipped, type ConformanceCheck } from '../conformance.types.js';
import { findBalanceViolations } from '../rules/contract-rules.js';
import { parseJson, type ServerUnderTest } from '../server-under-test.js';
import { requireRows } from './list.checks.js';

const MAX_ACCOUNTS = 20;
/** The maximum difference in ms between the clocks of the service and of this machine that is accepted. */
const MAX_CLOCK_DIFFERENCE_MS = 5 * 60_000;
/**
 * The maximum time in ms by which the time of a balance may be in the future. A time in the future means that the balance stays valid until
 * the next poll.
 */
const MAX_VALIDITY_MS = 49 * 3_600_000;

interface Balances {
  accountId: string;
  accountID?: unknown;
  at?: unknown;
  balances?: { amount: string; currency: string }[];
}

export const BALANCE_CHECKS: readonly ConformanceCheck[] = [
  {
    id: 'balances/format',
    title: 'Each listed account has balances in the format of the contract',
    severity: 'error',
    consequence: 'Formance reads the balances of every account at each poll; one failure stops the poll.',
    run: async (server) => {
      const problems: string[] = [];
      for (const { id } of (await requireRows(server, 'accounts')).slice(0, MAX_ACCOUNTS)) {
        const { status, body } = await server.request(`/accounts/${id}/balances`);
        if (status !== 200 || parseJson(body) === undefined)
          problems.push(`${id}: the status is ${status}, or the body is no JSON`);
        else problems.push(...findBalanceViolations(body).map((problem) => `${id}: ${problem}`));
      }
      return problems;
    },
  },
  {
    id: 'balances/account',
    title: 'Balances name the account that was asked for',
    severity: 'error',
    consequence: 'Formance stores the balance under another account.',
    run: async (server) =>
      (await readAllBalances(server))
        .filter(({ accountId, accountID }) => accountID !== accountId)
        .map(({ accountId, accountID }) => `${accountId}: accountID is ${JSON.stringify(accountID)}`),
  },
  {
    id: 'balances/time',
    title: 'The time of a balance is plausible, and never goes back',
    severity: 'error',
    consequence:
      'Formance ignores a balance that is older than the last one, and shows a balance from the future for too long.',
    run: async (server) => {
      const before = new Map(
        (await readAllBalances(server)).map(({ accountId, at }) => [accountId, toMs(at)]),
      );
      const latest = Date.now() + MAX_CLOCK_DIFFERENCE_MS + MAX_VALIDITY_MS;
      return (await readAllBalances(server)).flatMap(({ accountId, at }) => {
        const time = toMs(at);
        if (time > latest) return [`${accountId}: at is ${String(at)}, far in the future`];
        return time < (before.get(accountId) ?? 0) ? [`${accountId}: at went back to ${String(at)}`] : [];
      });
    },
  },
  {
    id: 'balances/assets',
    title: 'An asset does not disappear from the balances of an account',
    severity: 'error',
    consequence: 'Formance keeps the last amount of an asset that disappears; it must become 0 instead.',
    run: async (server) => {
      const known = new Map<string, Set<string>>();
      const problems = new Set<string>();
      // The balances are read three times, because a faulty service can omit an asset in every second response.
      for (let reading = 0; reading < 3; reading++) {
        for (const { accountId, balances = [] } of await readAllBalances(server)) {
          const assets = new Set(balances.map(({ currency }) => currency));
          for (const asset of known.get(accountId) ?? [])
            if (!assets.has(asset)) problems.add(`${accountId}: ${asset} disappeared`);
          known.set(accountId, assets);
        }
      }
      return [...problems];
    },
  },
  {
    id: 'balances/unknown-account',
    title: 'An unknown account is a 404',
    severity: 'warning',
    consequence: 'A 5xx is repeated for ever, and a 200 creates a balance of an account that does not exist.',
    run: async (server) => {
      const { status } = await server.request('/accounts/tributary-conform-unknown/balances');
      return status === 404 ? [] : [`the status is ${status}`];
    },
  },
];

/**
 * Reads the balances of all accounts.
 * @throws CheckSkipped if no account has balances that can be read
 */
async function readAllBalances(server: ServerUnderTest): Promise<Balances[]> {
  const found: Balances[] = [];
  for (const { id } of (await requireRows(server, 'accounts')).slice(0, MAX_ACCOUNTS)) {
    const { status, body } = await server.request(`/accounts/${id}/balances`);
    const balances = status === 200 ? parseJson(body) : undefined;
    if (typeof balances === 'object' && balances !== null) found.push({ ...balances, accountId: id });
  }
  if (found.length === 0) throw new CheckSkipped('no account has balances that can be read');
  return found;
}

function toMs(time: unknown): number {
  return Date.parse(String(time));
}
