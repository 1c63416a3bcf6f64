/**
 * Checks pools and reconciliation of statement accounts: at the closing times of the last three statements, between these times, and now.
 * The statements arrive one by one, each after Formance has polled the statement before. The gateway is killed between two statements.
 */
import { createBankHistory, type BankDay } from '../bank-history.js';
import type { ScenarioContext } from '../scenario-context.js';
import { waitUntilSolved } from '../wait-until.js';
import { compareBalances, compareDelivery, compareNewestBalances } from './compare-delivery.js';
import { reconcileBank, type ClosedDay } from './reconcile-bank.js';

const HOUR_MS = 3_600_000;

export async function checkStatementBalances(context: ScenarioContext): Promise<void> {
  const { gateway, payments, results } = context;
  const poolId = await payments.findPoolId(gateway.getPath('bank'));
  const closed: ClosedDay[] = [];
  for (const day of createBankHistory(Date.now())) {
    for (const { name, content } of day.files) gateway.addStatement(name, content);
    const at = await waitForClosing(context, day);
    closed.push({ ...day, at });
    results.add(`bank: the pool at the closing ${formatTime(at)}`, await waitForPool(day, at));
    results.add('bank: the pool now, after the next poll', await waitForPool(day));
    await gateway.restart();
  }
  results.add('bank: the pool now, after a restart of the gateway', await waitForPool(closed.at(-1)!));
  for (const [index, day] of closed.entries()) {
    const next = closed[index + 1]?.at ?? Date.now();
    for (const at of [day.at, Math.min(day.at + HOUR_MS, next - 1)])
      results.add(
        `bank: the pool at ${formatTime(at)}`,
        compareBalances('pool', day.closing, await payments.findPoolBalances(poolId, at)),
      );
  }
  await compareDelivery(context, 'bank');
  await compareNewestBalances(context, 'bank');
  await reconcileBank(context, closed);

  function waitForPool(day: BankDay, at?: number): Promise<readonly string[]> {
    return waitUntilSolved(
      async () =>
        compareBalances('pool', day.closing, await payments.findPoolBalances(poolId, at ?? Date.now())),
      context.settings.timeoutMs,
    );
  }
}

/**
 * Waits until the gateway has read the statements of a day. Only the first response with new amounts contains the time of the closing
 * balances. Later responses contain a later time, because the amounts are still correct then.
 * @returns the time of the closing balances
 */
async function waitForClosing({ gateway, settings }: ScenarioContext, day: BankDay): Promise<number> {
  const closedAt = new Map<string, number>();
  const expected = new Set(day.closing.values());
  const problems = await waitUntilSolved(async () => {
    for (const account of await gateway.listIds('bank', 'accounts')) {
      const { at, balances } = await gateway.findBalances('bank', account);
      const isClosed = balances.size > 0 && [...balances.values()].every((amount) => expected.has(amount));
      if (isClosed && !closedAt.has(account)) closedAt.set(account, at);
    }
    return closedAt.size === expected.size
      ? []
      : [`${closedAt.size} accounts of ${expected.size} have the closing balance`];
  }, settings.timeoutMs);
  if (problems.length > 0) throw new Error(`the gateway does not serve the statement: ${problems.join()}`);
  return Math.max(...closedAt.values());
}

function formatTime(at: number): string {
  return new Date(at).toISOString();
}
