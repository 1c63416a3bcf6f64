/** Checks of the relations between transactions: versions, related rows and accounts. */
import type { ConformanceCheck } from '../conformance.types.js';
import type { ServedRow } from '../server-under-test.js';
import { describeRow, requireRows } from './list.checks.js';

export const TRANSACTION_CHECKS: readonly ConformanceCheck[] = [
  {
    id: 'transactions/versions',
    title: 'All versions of a transaction have the same createdAt, type and asset',
    severity: 'error',
    consequence:
      'Formance takes a version with another createdAt for a newer or older state, and one with another type for another payment.',
    run: async (server) => {
      const first = new Map<string, ServedRow>();
      return (await requireRows(server, 'transactions')).flatMap((row) => {
        const known = first.get(row.id);
        if (known === undefined) {
          first.set(row.id, row);
          return [];
        }
        // The rows of an order are not compared. They can have different times, because Formance links them by the key of the order.
        if (isOrderRow(row)) return [];
        return ['createdAt', 'type', 'currency']
          .filter((name) => known[name] !== row[name])
          .map((name) => `${row.id}: ${name} was ${String(known[name])}, and is ${String(row[name])}`);
      });
    },
  },
  {
    id: 'transactions/repeated-versions',
    title: 'No version is listed twice',
    severity: 'warning',
    consequence: 'Formance stores one more adjustment for nothing, and some releases count a refund twice.',
    run: async (server) => {
      const last = new Map<string, string>();
      return (await requireRows(server, 'transactions')).flatMap((row) => {
        const json = JSON.stringify({ ...row, updatedAt: undefined });
        const isRepeated = last.get(row.id) === json;
        last.set(row.id, json);
        return isRepeated ? [`${describeRow(row)} has the content of the version before`] : [];
      });
    },
  },
  {
    id: 'transactions/related-order',
    title: 'A row that names another transaction comes after it, and has its type',
    severity: 'error',
    consequence: 'Formance takes a refund that arrives before its payment for the payment, for good.',
    run: async (server) => {
      const types = new Map<string, unknown>();
      const rows = await requireRows(server, 'transactions');
      const ids = new Set(rows.map(({ id }) => id));
      return rows.flatMap((row) => {
        const related = row['relatedTransactionID'];
        types.set(row.id, row['type']);
        if (typeof related !== 'string' || !ids.has(related) || related === row.id) return [];
        if (!types.has(related)) return [`${describeRow(row)} comes before ${related}, which it names`];
        const isRefund = /^(REFUND|DISPUTE)/.test(String(row['status']));
        return isRefund && types.get(related) !== row['type']
          ? [
              `${describeRow(row)} has the type ${String(row['type'])}, and ${related} has ${String(types.get(related))}`,
            ]
          : [];
      });
    },
  },
  {
    id: 'transactions/accounts',
    title: 'Each transaction names an account of the list of accounts',
    severity: 'warning',
    consequence: 'The payment belongs to no account in Formance, so no pool and no balance contains it.',
    run: async (server) => {
      const accounts = new Set((await server.rows('accounts')).map(({ id }) => id));
      return (await requireRows(server, 'transactions'))
        .filter(
          (row) =>
            !accounts.has(String(row['sourceAccountID'])) &&
            !accounts.has(String(row['destinationAccountID'])),
        )
        .map((row) => `${describeRow(row)} has neither a source nor a destination in the list of accounts`);
    },
  },
];

/**
 * Returns true for a row of an order. Such a row contains the metadata of the order and its idempotency key. This key is not the id of a row.
 */
function isOrderRow({ id, metadata }: ServedRow): boolean {
  return (
    id.startsWith('order-') ||
    (typeof metadata === 'object' && metadata !== null && 'com.tributary.spec/psp_order_id' in metadata)
  );
}
