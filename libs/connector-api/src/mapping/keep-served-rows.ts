/** Keeps what earlier versions of rows said, for a PSP whose objects forget it. */
import { hasMovedMoney } from '../contract/balance-effects.js';
import { isRejectedRecord } from '../plugin.js';
import type { FeedReader, RejectedRecord } from '../plugin.js';
import type { Transaction, TransactionStatus } from '../record.types.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { convertValidRecords, takeValidRecords } from './parse-rows.js';
import { listReversalIds } from './settlement-rows.js';
import type { SettlementFormat } from './settlement-rows.js';

const SETTLEMENT_KEY = `${COMMON_METADATA_PREFIX}settlement`;

/**
 * Keeps the settlement and the status of rows that were served with a settlement: their money has moved. If a PSP takes such a payment back, an item of a later
 * settlement is a row of its own, although the payment itself says that it failed. If such an item was served, the payment is SUCCEEDED, also if it names no settlement.
 * @param movementByType the types of the items, see `SettlementFormat`
 */
export function keepSettledRows(
  rows: readonly (Transaction | RejectedRecord)[],
  feedReader: FeedReader,
  movementByType: SettlementFormat['movementByType'] = {},
): Promise<(Transaction | RejectedRecord)[]> {
  return convertValidRecords<Transaction, Transaction>(rows, async (valid) => {
    const listReversals = ({ id, status }: Transaction) =>
      hasMovedMoney(status) ? [] : listReversalIds(id, movementByType);
    const served = await feedReader.findLatest(
      'transactions',
      valid.flatMap((row) => [row.id, ...listReversals(row)]),
    );
    const settleIfReversed = (row: Transaction): Transaction =>
      listReversals(row).some((id) => served.has(id)) ? { ...row, status: 'SUCCEEDED' } : row;
    return valid.map(settleIfReversed).map((row) => {
      const { status, metadata = {} } = served.get(row.id) ?? {};
      const settlement = metadata[SETTLEMENT_KEY];
      if (status === undefined || settlement === undefined) return row;
      return {
        ...row,
        status: status as TransactionStatus,
        metadata: { ...row.metadata, [SETTLEMENT_KEY]: settlement },
      };
    });
  });
}

/**
 * Keeps FAILED payouts SUCCEEDED if the row of their return was served: the return has a row of its own, which takes the money back.
 * @param getReturnId returns the id of the row of the return
 */
export async function keepReturnedPayouts(
  rows: readonly (Transaction | RejectedRecord)[],
  getReturnId: (payoutId: string) => string,
  feedReader: FeedReader,
): Promise<(Transaction | RejectedRecord)[]> {
  const failed = takeValidRecords(rows).filter(({ status }) => status === 'FAILED');
  if (failed.length === 0) return [...rows];
  const served = await feedReader.findLatest(
    'transactions',
    failed.map(({ id }) => getReturnId(id)),
  );
  return rows.map((row) =>
    isRejectedRecord(row) || !served.has(getReturnId(row.id)) ? row : { ...row, status: 'SUCCEEDED' },
  );
}
