/** Waits until Formance has all data of a connector, and compares both sides: with the command `verify`, and by reading both APIs. */
import { comparePayments } from '../compare-payments.js';
import type { ConnectorName } from '../gateway-under-test.js';
import type { Balances } from '../payments-server.js';
import type { ScenarioContext } from '../scenario-context.js';
import { waitUntilSolved } from '../wait-until.js';

interface VerifyReport {
  counts: { rows: number; payments: number; found: number; inTransit: number };
  differences: { kind: string; object: string; message: string }[];
}

/**
 * Compares payments with their adjustments, accounts and beneficiaries. New rows must be rare during the comparison, because Formance gets
 * a row some seconds later.
 */
export async function compareDelivery(context: ScenarioContext, connector: ConnectorName): Promise<void> {
  const { gateway, payments, results, settings } = context;
  const connectorId = await payments.findConnectorId(gateway.getPath(connector));
  let counts: VerifyReport['counts'] | undefined;
  const verified = await waitUntilSolved(async () => {
    const { output } = await gateway.runCommand('formance', 'verify', gateway.getPath(connector));
    const [report] = output as [VerifyReport];
    counts = report.counts;
    const { payments: wanted, found, inTransit } = report.counts;
    return [
      ...report.differences.map(({ message }) => message),
      ...(inTransit > 0 ? [`${inTransit} payments are in transit`] : []),
      ...(wanted === found ? [] : [`Formance has ${found} payments of ${wanted}`]),
    ];
  }, settings.timeoutMs);
  results.note(`${connector}: ${JSON.stringify(counts)}`);
  results.add(`${connector}: formance verify finds no difference`, verified);

  let size = '';
  const compared = await waitUntilSolved(async () => {
    const rows = await gateway.listRows(connector);
    const stored = await payments.listPayments(connectorId);
    const adjustments = stored.reduce((sum, payment) => sum + payment.adjustments.length, 0);
    size = `${rows.length} rows; in Formance ${stored.length} payments, ${adjustments} adjustments`;
    return rows.length === 0 ? ['the gateway has no rows'] : comparePayments(rows, stored);
  }, settings.timeoutMs);
  results.note(`${connector}: ${size}`);
  results.add(`${connector}: payments and adjustments are equal`, compared);
}

/** Compares the newest balances of each account. The balances must not change during the comparison. */
export async function compareNewestBalances(
  { gateway, payments, settings, results }: ScenarioContext,
  connector: ConnectorName,
): Promise<void> {
  const connectorId = await payments.findConnectorId(gateway.getPath(connector));
  let count = 0;
  const problems = await waitUntilSolved(async () => {
    const ids = await payments.listAccountIds(connectorId);
    const found: string[] = [];
    count = 0;
    for (const account of await gateway.listIds(connector, 'accounts')) {
      const accountId = ids.get(account);
      if (accountId === undefined) {
        found.push(`${account}: not in Formance`);
        continue;
      }
      const { balances } = await gateway.findBalances(connector, account);
      found.push(...compareBalances(account, balances, await payments.findNewestBalances(accountId)));
      count += balances.size;
    }
    return found;
  }, settings.timeoutMs);
  results.note(`${connector}: ${count} balances compared`);
  results.add(`${connector}: balances are equal`, problems);
}

/**
 * Compares two sets of balances.
 * @returns a message for each asset whose amounts differ
 */
export function compareBalances(name: string, wanted: Balances, found: Balances): string[] {
  return [...new Set([...wanted.keys(), ...found.keys()])]
    .filter((asset) => wanted.get(asset) !== found.get(asset))
    .map((asset) => `${name}: ${asset} ${found.get(asset)} instead of ${wanted.get(asset)}`);
}
