/**
 * Links rows to each other: refunds and chargebacks to their payment, returns to their settlement.
 *
 * Mollie's journal names payments (`tr_…`) and transfers (`trf_…`), not the rows that contain them. So the row of a payment is served under the
 * payment's id, and rows that refer to the payment find it. Two results must not occur. Two rows under one id: the second would replace the money
 * of the first. A refund of a payment that was never served: the client would take the refund for the payment.
 */
import type { Transaction } from '@tributary/connector-api';

/** A row that is not linked to other rows yet. */
export interface UnlinkedTransaction {
  /** The transaction as it is served when there is nothing to link it to. */
  transaction: Transaction;
  /** The id under which it is served, unless another row has this id. In that case, `statusIfTaken` is its status as an addition to that row. */
  preferredId?: { id: string; statusIfTaken?: 'CAPTURE' };
  /** Type and status that it gets when the row with the id `targetId` exists. */
  link?: Pick<Transaction, 'type' | 'status'> & { targetId: string };
}

/** Returns the ids of rows that must be known before these rows can be linked. */
export function collectReferencedIds(rows: readonly UnlinkedTransaction[]): string[] {
  return [
    ...new Set(
      rows
        .flatMap(({ preferredId, link }) => [preferredId?.id, link?.targetId])
        .filter((id) => id !== undefined),
    ),
  ];
}

/**
 * Links rows to each other and to rows that were served before.
 * @param rows oldest first
 * @param owners wanted id → id of the balance transaction that is served under it already; those in `rows` are added
 */
export function linkTransactions(
  rows: readonly UnlinkedTransaction[],
  owners: ReadonlyMap<string, string>,
): Transaction[] {
  const ownerById = new Map(owners);
  return rows.map(({ transaction, preferredId, link }) => {
    if (preferredId) {
      const owner = ownerById.get(preferredId.id) ?? transaction.id;
      ownerById.set(preferredId.id, owner);
      if (owner === transaction.id) return { ...transaction, id: preferredId.id };
      return preferredId.statusIfTaken
        ? { ...transaction, relatedTransactionId: preferredId.id, status: preferredId.statusIfTaken }
        : transaction;
    }
    if (link && ownerById.has(link.targetId)) {
      return { ...transaction, type: link.type, status: link.status, relatedTransactionId: link.targetId };
    }
    return transaction;
  });
}
