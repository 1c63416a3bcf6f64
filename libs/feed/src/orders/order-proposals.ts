/** Stores the resolutions of orders that an operator proposed and that another operator must approve. */
import type { Kysely } from 'kysely';
import type { CurrentTimeExpression, DatabaseAdapter } from '../database/database-adapter.js';
import type { Schema } from '../database/schema.js';
import { ProposalClosedError } from '../database/store-errors.js';
import { appendAuditEventTo } from '../operator/audit-log.js';
import type { OrderProposalRepository } from '../types/order-proposal.types.js';

export function createOrderProposalRepository(
  adapter: DatabaseAdapter,
  clock: CurrentTimeExpression,
): OrderProposalRepository {
  return {
    async find(orderId) {
      const row = await adapter.reader
        .selectFrom('order_proposals')
        .selectAll()
        .where('order_id', '=', orderId)
        .executeTakeFirst();
      if (!row) return undefined;
      const { id, key_id, proposed_by, at, body } = row;
      return { orderId, id, keyId: key_id, proposedBy: proposed_by, at, body };
    },

    propose: ({ orderId, id, keyId, proposedBy, body }, auditEntry) =>
      adapter.transaction(async (db) => {
        const { numInsertedOrUpdatedRows = 0n } = await db
          .insertInto('order_proposals')
          .values({ order_id: orderId, id, key_id: keyId, proposed_by: proposedBy, at: clock(), body })
          .onConflict((conflict) => conflict.column('order_id').doNothing())
          .executeTakeFirstOrThrow();
        if (numInsertedOrUpdatedRows === 0n) return false;
        await appendAuditEventTo(db, adapter, auditEntry);
        return true;
      }),

    reject: (orderId, id, auditEntry) =>
      adapter.transaction(async (db) => {
        if (!(await deleteProposal(db, orderId, id))) return false;
        await appendAuditEventTo(db, adapter, auditEntry);
        return true;
      }),
  };
}

/**
 * Closes the proposal about an order that an operator resolves. The function must be called inside the transaction of the resolution.
 * @param approvedId the proposal that the operator approves; `undefined` if the order is resolved without a proposal
 * @throws ProposalClosedError if the approved proposal is no longer open
 */
export async function closeProposal(
  db: Kysely<Schema>,
  orderId: string,
  approvedId: string | undefined,
): Promise<void> {
  const isDeleted = await deleteProposal(db, orderId, approvedId);
  if (approvedId !== undefined && !isDeleted) throw new ProposalClosedError(orderId);
}

async function deleteProposal(db: Kysely<Schema>, orderId: string, id: string | undefined): Promise<boolean> {
  const { numDeletedRows } = await db
    .deleteFrom('order_proposals')
    .where('order_id', '=', orderId)
    .$if(id !== undefined, (query) => query.where('id', '=', id ?? ''))
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}
