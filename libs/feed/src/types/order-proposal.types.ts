/**
 * The types of proposed resolutions. If a deployment requires two people to resolve an order, the first one proposes the resolution, and the
 * second one approves or rejects it.
 */
import type { AuditEntry } from './audit.types.js';

export interface OrderProposal {
  orderId: string;
  /** A random id. An approval contains it, so that only the proposal that was shown can be approved. */
  id: string;
  /** The id of the operator key that proposed the resolution. */
  keyId: string;
  /** The name of this key. */
  proposedBy: string;
  /** The proposed resolution as JSON. The library `orders` defines the content. */
  body: string;
  /** The time of the proposal in milliseconds since 1970. */
  at: number;
}

export interface OrderProposalRepository {
  /** Returns the open proposal about an order. An order has at most one. */
  find(orderId: string): Promise<OrderProposal | undefined>;
  /**
   * Stores a proposal and its audit event.
   * @returns false if the order already has an open proposal
   */
  propose(proposal: Omit<OrderProposal, 'at'>, auditEntry: AuditEntry): Promise<boolean>;
  /**
   * Deletes a proposal, and stores the audit event.
   * @returns false if the proposal is no longer open
   */
  reject(orderId: string, id: string, auditEntry: AuditEntry): Promise<boolean>;
}
