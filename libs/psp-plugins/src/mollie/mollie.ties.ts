/**
 * Ties rows to each other: refunds and chargebacks to their payment, returns to their settlement.
 *
 * Mollie's journal names payments (`tr_…`) and transfers (`trf_…`), not the rows in which they came. So the row of a payment is served under the
 * payment's id, and what refers to the payment finds it. Two things must not happen: two rows under one id (the second would
 * replace the first one's money), and a refund of a payment that was never served (the client would take the refund for the payment).
 */
import type { Transaction } from '@tributary/connector-api';

/** A row before it is known what it can be tied to. */
export interface Untied {
  /** As it is served when there is nothing to tie it to. */
  alone: Transaction;
  /** The id it takes unless another row has it. `addsAs`: then it is told as an addition to that row. */
  wantsId?: { id: string; addsAs?: 'CAPTURE' };
  /** What it becomes when the row `to` is there. */
  tie?: Pick<Transaction, 'type' | 'status'> & { to: string };
}

/** Ids of rows that must be known before these rows can be tied. */
export function idsOf(rows: readonly Untied[]): string[] {
  return [
    ...new Set(rows.flatMap(({ wantsId, tie }) => [wantsId?.id, tie?.to]).filter((id) => id !== undefined)),
  ];
}

/**
 * @param rows oldest first
 * @param owners which balance transaction has which of the wanted ids already; those in `rows` are added
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
