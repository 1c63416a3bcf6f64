/** Prints what a person can look at in the demo. */
import { OPERATOR_KEY, toApiKey } from './demo-names.js';
import type { DemoConnector } from './deployment-file.js';

export function formatDemoSummary(connectors: readonly DemoConnector[], url: string): string {
  return [
    `Demo of ${connectors.map(({ name }) => name).join(', ')}: the PSPs are fakes on this machine.`,
    `Console: ${url}/console/ (log in with ${OPERATOR_KEY}); Reconciliation shows one booking that is missing and one with a wrong amount for each PSP`,
    ...connectors.flatMap((connector) => [
      `${connector.name}:`,
      `  curl -H 'Authorization: Bearer ${toApiKey(connector.name)}' '${url}/${connector.name}/transactions?pageSize=10'`,
      `  curl -H 'Authorization: Bearer ${toApiKey(connector.name)}' '${url}/${connector.name}/accounts'`,
      ...describeOrder(connector, url),
    ]),
    '',
  ].join('\n');
}

function describeOrder({ name, demo: { order } }: DemoConnector, url: string): string[] {
  if (!order) return [];
  const { kind, sourceAccountId, destinationAccountId, currency = 'EUR' } = order;
  const body = {
    ...{ idempotencyKey: 'my-first-order', amount: '1250', currency: `${currency}/2` },
    ...(sourceAccountId !== undefined && { sourceAccountId }),
    ...(destinationAccountId !== undefined && { destinationAccountId }),
  };
  return [
    `  curl -X POST -H 'Authorization: Bearer ${toApiKey(name)}' -H 'Content-Type: application/json' -d '${JSON.stringify(body)}' '${url}/${name}/${kind}s'`,
  ];
}
