/** Compares the rows of a connector with the payments that Formance created from these rows: amounts, assets, statuses and adjustments. */
import { readTimeKey } from '../../../libs/formance/src/delivery/time-key.js';

/** A row of the gateway's list of transactions. */
export interface ServedRow {
  id: string;
  relatedTransactionID?: string;
  createdAt: string;
  type: string;
  status: string;
  /** The amount in minor units, as decimal digits. */
  amount: string;
  /** The asset. */
  currency: string;
}

/** A payment as the API of Formance returns it. */
export interface StoredPayment {
  id: string;
  reference: string;
  type: string;
  asset: string;
  initialAmount: bigint;
  amount: bigint;
  status: string;
  adjustments: readonly { reference: string; createdAt: string; status: string }[];
}

/**
 * Compares rows with the payments in Formance.
 * @returns a message for each payment and each adjustment that is missing, that differs, or that exists in Formance only
 */
export function comparePayments(rows: readonly ServedRow[], stored: readonly StoredPayment[]): string[] {
  const expected = Map.groupBy(rows, getKey);
  const found = Map.groupBy(stored, ({ reference, type }) => `${reference} ${type}`);
  const differences: string[] = [];
  for (const [key, versions] of expected) {
    const [payment, ...others] = found.get(key) ?? [];
    if (payment === undefined) differences.push(`${key}: not in Formance`);
    else differences.push(...comparePayment(key, versions, payment));
    if (others.length > 0) differences.push(`${key}: ${others.length + 1} times in Formance`);
  }
  for (const key of found.keys()) if (!expected.has(key)) differences.push(`${key}: in Formance only`);
  return differences;
}

function comparePayment(key: string, versions: readonly ServedRow[], payment: StoredPayment): string[] {
  const expected = computePayment(versions);
  const names = ['asset', 'initialAmount', 'amount', 'status'] as const;
  const values = names
    .filter((name) => expected[name] !== payment[name])
    .map((name) => `${key}: ${name} ${payment[name]} instead of ${expected[name]}`);
  const wanted = new Set(versions.map(formatVersion));
  const found = new Set(
    payment.adjustments.map(({ reference, createdAt, status }) =>
      formatVersion({ id: reference, createdAt, status }),
    ),
  );
  return [
    ...values,
    ...[...wanted]
      .filter((version) => !found.has(version))
      .map((version) => `${key}: the adjustment ${version} is missing`),
    ...[...found]
      .filter((version) => !wanted.has(version))
      .map((version) => `${key}: the adjustment ${version} is in Formance only`),
    ...(found.size === payment.adjustments.length ? [] : [`${key}: an adjustment is there twice`]),
  ];
}

/** How rows with these statuses change the amount of their payment. */
const AMOUNT_CHANGES: Readonly<Record<string, bigint | undefined>> = {
  ...{ REFUNDED: -1n, REFUND_REVERSED: 1n, CAPTURE: 1n },
};

/**
 * Computes the payment that Formance must have. The amount is the original amount with the changes by refunds and captures, so it does not
 * depend on the sequence of the rows. An authorised amount counts only when it is captured.
 */
function computePayment(versions: readonly ServedRow[]) {
  const distinct = [...new Map(versions.map((row) => [formatVersion(row), row])).values()];
  const original = distinct.find(({ status }) => AMOUNT_CHANGES[status] === undefined) ?? distinct[0]!;
  const newest = distinct.reduce((last, row) =>
    readTimeKey(row.createdAt) < readTimeKey(last.createdAt) ? last : row,
  );
  const initialAmount = BigInt(original.amount);
  const changes = distinct.reduce(
    (sum, { status, amount }) => sum + (AMOUNT_CHANGES[status] ?? 0n) * BigInt(amount),
    0n,
  );
  return {
    asset: original.currency,
    initialAmount,
    amount: (original.status === 'AUTHORISATION' ? 0n : initialAmount) + changes,
    status: newest.status,
  };
}

function formatVersion({ id, createdAt, status }: Pick<ServedRow, 'id' | 'createdAt' | 'status'>): string {
  return `${id} ${readTimeKey(createdAt)} ${status}`;
}

/** Returns the key that identifies a payment in Formance. Formance writes the type PAYIN in another form. */
function getKey({ id, relatedTransactionID, type }: ServedRow): string {
  return `${relatedTransactionID ?? id} ${type === 'PAYIN' ? 'PAY-IN' : type}`;
}
