/**
 * Verifies that Formance Payments has every row version of a feed up to a position (the cut). Each payment must have the expected asset,
 * amounts and status, and each version must be an adjustment of its payment. Rows and payments are read once, page by page.
 */
import type { CursorPage } from '../http/formance-http.js';
import { getPaymentKey, type DeliveryWorkFile, type ExpectedPayment } from './delivery-work-file.js';
import type {
  DeliveryCounts,
  DeliveryDifference,
  NumberedTransactionRow,
  PaymentAdjustment,
  PaymentSummary,
} from './delivery.types.js';
import { readTimeKey } from './time-key.js';

/** The number of rows that are added to the work file in one transaction. */
const BATCH_ROWS = 1000;

export interface PaymentsToVerify {
  /** Returns the rows after a position, up to the newest row, in the sequence of the feed. */
  readRows: (afterSeq: number) => AsyncIterable<NumberedTransactionRow>;
  /** The position of the last row that Formance must have. */
  cut: number;
  /** Returns the pages of Formance's list of payments. They begin at a cursor, or at the beginning of the list. */
  listPayments: (cursor: string | undefined) => AsyncIterable<CursorPage<PaymentSummary>>;
  /**
   * Returns the adjustments of a payment. The function is called for payments with several versions, because the list does not contain the
   * adjustments.
   */
  findAdjustments: (paymentId: string) => Promise<readonly PaymentAdjustment[]>;
}

/**
 * Compares rows and payments, and stores the differences in the work file.
 * @param workFile a new file, or the file of an interrupted proof with the same `cut`
 */
export async function verifyPayments(
  source: PaymentsToVerify,
  workFile: DeliveryWorkFile,
  onProgress: (counts: { rows: number; found: number }) => void = () => undefined,
): Promise<DeliveryCounts> {
  if (workFile.readProgress('done') === undefined) {
    let rows = await loadRows(source, workFile, (count) => onProgress({ rows: count, found: 0 }));
    let found = 0;
    const cursor = workFile.readProgress('cursor');
    const pages = cursor === 'end' ? [] : source.listPayments(cursor);
    for await (const { items, next } of pages) {
      const differences = await comparePage(items, source, workFile);
      workFile.transaction(() => {
        for (const payment of items) recordFound(payment, workFile);
        for (const difference of differences) workFile.addDifference(difference);
        workFile.writeProgress('cursor', next ?? 'end');
      });
      found += items.length;
      onProgress({ rows, found });
    }
    // While the list was read, Formance may have received rows that did not exist at the beginning. Therefore the newest rows are loaded,
    // too.
    rows = await loadRows(source, workFile, () => undefined);
    workFile.transaction(() => {
      for (const difference of findMissing(workFile)) workFile.addDifference(difference);
      for (const difference of findUnexpected(workFile)) workFile.addDifference(difference);
      workFile.writeProgress('done', String(rows));
    });
  }
  return { rows: Number(workFile.readProgress('rows') ?? 0), ...workFile.countPayments() };
}

/**
 * Adds the rows to the work file that it does not contain yet.
 * @returns the number of rows that must have been delivered
 */
async function loadRows(
  { readRows, cut }: PaymentsToVerify,
  workFile: DeliveryWorkFile,
  onProgress: (rows: number) => void,
): Promise<number> {
  let count = Number(workFile.readProgress('rows') ?? 0);
  let batch: NumberedTransactionRow[] = [];
  const flush = () => {
    workFile.transaction(() => {
      for (const row of batch) workFile.addRow(row, cut);
      count += batch.filter(({ seq }) => seq <= cut).length;
      workFile.writeProgress('rows', String(count));
      const last = batch.at(-1);
      if (last) workFile.writeProgress('seq', String(last.seq));
    });
    batch = [];
    onProgress(count);
  };
  for await (const row of readRows(Number(workFile.readProgress('seq') ?? 0))) {
    batch.push(row);
    if (batch.length >= BATCH_ROWS) flush();
  }
  flush();
  return count;
}

async function comparePage(
  payments: readonly PaymentSummary[],
  { findAdjustments }: PaymentsToVerify,
  workFile: DeliveryWorkFile,
): Promise<DeliveryDifference[]> {
  const differences: DeliveryDifference[] = [];
  const seen = new Map<string, string>();
  for (const payment of payments) {
    const key = getKey(payment);
    const expected = workFile.findExpected(key);
    if (expected === undefined) continue;
    const foundId = seen.get(key) ?? expected.found_id ?? undefined;
    seen.set(key, payment.id);
    if (foundId !== undefined) {
      // The list repeats some payments if payments are added while it is read. So only a payment with another id is a duplicate.
      if (foundId !== payment.id)
        differences.push({
          ...{ kind: 'doubled', object: 'payment', id: payment.reference },
          message: `Formance has the ${payment.type} ${payment.reference} twice: ${foundId} and ${payment.id}`,
        });
      continue;
    }
    if (expected.is_moving === 1) continue;
    if (expected.superseded_by !== null) {
      differences.push(describeSuperseded(payment, expected.superseded_by));
      continue;
    }
    differences.push(...comparePayment(payment, expected, workFile));
    if (expected.versions > 1)
      differences.push(...compareVersions(payment, await findAdjustments(payment.id), workFile));
  }
  return differences;
}

function recordFound(payment: PaymentSummary, workFile: DeliveryWorkFile): void {
  const key = getKey(payment);
  const expected = workFile.findExpected(key);
  if (expected === undefined) workFile.addUnknownPayment(payment.id, payment.reference, payment.type);
  else if (expected.found_id === null) workFile.markFound(key, payment.id);
}

function comparePayment(
  payment: PaymentSummary,
  expected: ExpectedPayment,
  workFile: DeliveryWorkFile,
): DeliveryDifference[] {
  const values = [
    ['asset', expected.asset, payment.asset],
    ['initial amount', expected.newest_initial_amount, payment.initialAmount],
    ['amount', expected.newest_amount, payment.amount],
    ['status', expected.status, payment.status],
  ] as const;
  const wrong = values.filter(([, wanted, found]) => wanted !== found);
  if (wrong.length === 0) return [];
  const texts = wrong.map(([name, wanted, found]) => `the ${name} is ${found} instead of ${wanted}`);
  return [
    {
      ...{ kind: 'different', object: 'payment', id: payment.reference },
      message: `${payment.type} ${payment.reference}: ${texts.join(', ')}${describeCause(payment, expected, workFile)}`,
    },
  ];
}

/** Describes a payment that Formance keeps although the row that created it has another type now. */
function describeSuperseded({ type, reference, id }: PaymentSummary, newKey: string): DeliveryDifference {
  return {
    ...{ kind: 'unexpected', object: 'payment', id: reference },
    message: `Formance has the ${type} ${reference} (${id}): the PSP changed this row to ${splitKey(newKey).type} later, and Formance keeps both payments`,
  };
}

/** Describes why the amounts of a payment differ, if the cause is known. */
function describeCause(
  { initialAmount, amount }: PaymentSummary,
  expected: ExpectedPayment,
  workFile: DeliveryWorkFile,
): string {
  const isKept =
    (expected.newest_initial_amount !== initialAmount || expected.newest_amount !== amount) &&
    expected.initial_amount === initialAmount &&
    expected.amount === amount;
  if (isKept) return '. The PSP changed the amount later, and Formance keeps the amount that it read first';
  const isRefundFirst =
    expected.newest_initial_amount !== initialAmount &&
    workFile
      .listVersions(expected.key)
      .some((version) => version.status === 'REFUNDED' && version.amount === initialAmount);
  return isRefundFirst ? '. Formance read a refund before its original' : '';
}

function compareVersions(
  { reference, type }: PaymentSummary,
  adjustments: readonly PaymentAdjustment[],
  workFile: DeliveryWorkFile,
): DeliveryDifference[] {
  const name = (rowId: string, time: string, status: string) => `${rowId} ${time} ${status}`;
  const found = new Set(
    adjustments.map(({ reference: rowId, createdAt, status }) => name(rowId, readTimeKey(createdAt), status)),
  );
  const object = 'adjustment';
  const versions = workFile.listVersions(getKey({ reference, type }));
  const differences: DeliveryDifference[] = versions
    .filter(({ row_id, time, status }) => !found.has(name(row_id, time, status)))
    .map(({ row_id, status }) => ({
      ...{ kind: 'missing', object, id: row_id },
      message: `${type} ${reference}: the version ${status} of the row ${row_id} is missing`,
    }));
  const expected = new Set(versions.map(({ row_id, time, status }) => name(row_id, time, status)));
  for (const { reference: rowId, createdAt, status } of adjustments)
    if (!expected.has(name(rowId, readTimeKey(createdAt), status)))
      differences.push({
        ...{ kind: 'unexpected', object, id: rowId },
        message: `${type} ${reference}: Formance has a version ${status} of ${rowId} at ${createdAt}, and no row says so`,
      });
  return differences;
}

function* findMissing(workFile: DeliveryWorkFile): Generator<DeliveryDifference> {
  for (let keys = workFile.listMissingKeys(''); keys.length > 0;) {
    for (const key of keys) {
      const { reference, type } = splitKey(key);
      yield {
        ...{ kind: 'missing', object: 'payment', id: reference },
        message: `Formance does not have the ${type} ${reference}`,
      };
    }
    keys = workFile.listMissingKeys(keys.at(-1)!);
  }
}

function* findUnexpected(workFile: DeliveryWorkFile): Generator<DeliveryDifference> {
  for (let payments = workFile.listUnknownPayments(''); payments.length > 0;) {
    for (const { id, reference, type } of payments) {
      const owner = workFile.findKeysOfRow(reference).map(splitKey)[0];
      const cause =
        owner === undefined
          ? 'no row of the gateway has this id'
          : `this row belongs to the ${owner.type} ${owner.reference}, and Formance has not linked it`;
      yield {
        ...{ kind: 'unexpected', object: 'payment', id: reference },
        message: `Formance has the ${type} ${reference} (${id}): ${cause}`,
      };
    }
    payments = workFile.listUnknownPayments(payments.at(-1)!.id);
  }
}

/**
 * Splits the key of a payment into the reference and the type. A reference can contain spaces, because it can be the idempotency key of an
 * order. A type contains no space.
 */
function splitKey(key: string): { reference: string; type: string } {
  const end = key.lastIndexOf(' ');
  return { reference: key.slice(0, end), type: key.slice(end + 1) };
}

function getKey({ reference, type }: Pick<PaymentSummary, 'reference' | 'type'>): string {
  return getPaymentKey({ id: reference, type });
}
