/**
 * Links rows to each other: refunds and chargebacks to their payment, returns to their settlement.
 *
 * Mollie's journal names payments (`tr_…`) and transfers (`trf_…`), not the rows that contain them. So the row of a payment is served under the
 * payment's id, and rows that refer to the payment find it. Two results must not occur. Two rows under one id: the second would replace the money
 * of the first. A refund of a payment that was never served: the client would take the refund for the payment.
 */
import type { Transaction } from '@tributary/connector-api';

/** A row that is not linked to other rows yet. */
export interface Untied {
  /** The transaction as it is served when there is nothing to link it to. */
  alone: Transaction;
  /** The id under which it is served, unless another row has this id. In that case, `statusIfTaken` is its status as an addition to that row. */
  wantsId?: { id: string; addsAs?: 'CAPTURE' };
  /** Type and status that it gets when the row with the id `targetId` exists. */
  tie?: Pick<Transaction, 'type' | 'status'> & { to: string };
}

/** Returns the ids of rows that must be known before these rows can be linked. */
export function idsOf(rows: readonly Untied[]): string[] {
  return [
    ...new Set(rows.flatMap(({ wantsId, tie }) => [wantsId?.id, tie?.to]).filter((id) => id !== undefined)),
  ];
}

/**
 * Links rows to each other and to rows that were served before.
 * @param rows oldest first
 * @param owners wanted id → id of the balance transaction that is served under it already; those in `rows` are added
 */
export function tieRows(rows: readonly Untied[], owners: ReadonlyMap<string, string>): Transaction[] {
  const taken = new Map(owners);
  return rows.map(({ alone, wantsId, tie }) => {
    if (wantsId) {
      const owner = taken.get(wantsId.id) ?? alone.id;
      taken.set(wantsId.id, owner);
      if (owner === alone.id) return { ...alone, id: wantsId.id };
      return wantsId.addsAs ? { ...alone, relatedTransactionId: wantsId.id, status: wantsId.addsAs } : alone;
    }
    if (tie && taken.has(tie.to)) {
      return { ...alone, type: tie.type, status: tie.status, relatedTransactionId: tie.to };
    }
    return alone;
  });
}
