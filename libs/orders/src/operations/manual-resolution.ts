/** Sets the final state of an order manually, after an operator has checked the order at the PSP. */
import type {
  AuditEntry,
  LeaseHolder,
  OperatorAuthor,
  OrderRepository,
  OrderChange,
  StoredOrder,
} from '@tributary/feed';
import { RESERVED_NAMESPACE, mergeDetails } from '../model/stored-order-details.js';
import type { OrderTimings } from '../state-machine/order-timings.js';
import { addPublication } from '../publication/publish-order.js';
import { hasRunningLease, RELEASED_LEASE } from '../state-machine/next-action.js';

/** The states that an operator can set. */
export const RESOLUTIONS = ['succeeded', 'failed', 'returned'] as const;

export interface Resolution {
  as: (typeof RESOLUTIONS)[number];
  /** The id of the order at the PSP, if the operator found the order there. */
  pspId?: string;
  /** Where the operator got the information. The note is stored in the history and is never shown to clients. */
  note: string;
}

/** The approval of a resolution that another operator proposed. */
export interface ResolutionApproval {
  proposalId: string;
  /** The name of the operator who proposed the resolution. */
  proposedBy: string;
}

/** The resolved order, or the reason why the resolution is not possible. */
export type ResolutionResult = { order: StoredOrder } | { error: string };

/** The process that sets the state, and the time. `now` is in milliseconds since 1970, by the store's clock. */
export interface ResolutionContext {
  holder: LeaseHolder;
  now: number;
  timings: OrderTimings;
}

/**
 * Sets the final state of an order, and writes the audit event in the same transaction. It can be called while gateways run: a process that
 * works on the order loses its lease, because the fencing token increases.
 * @param approval the proposal that the author approves; absent if one person may resolve an order
 * @throws ProposalClosedError when the proposal is no longer open
 */
export async function resolveOrder(
  repository: OrderRepository,
  id: string,
  resolution: Resolution,
  context: ResolutionContext,
  author: OperatorAuthor,
  approval?: ResolutionApproval,
): Promise<ResolutionResult> {
  let error = await pspIdTakenReason(repository, id, resolution);
  if (error !== undefined) return { error };
  const order = await repository.update(id, (current) => {
    error = findResolutionObstacle(current, resolution, context);
    if (error !== undefined) return undefined;
    const change = buildResolution(current, resolution);
    return {
      ...addPublication(current, change, context.now, context.timings),
      auditEntry: buildResolutionAuditEntry('order.resolved', current, resolution, author, approval),
      ...(approval && { approvedProposalId: approval.proposalId }),
    };
  });
  if (order === undefined) return { error: `there is no order ${id}` };
  return error === undefined ? { order } : { error };
}

/** Returns the reason why the final state cannot be set, or `undefined` if it can be set. */
export function findResolutionObstacle(
  order: StoredOrder,
  resolution: Resolution,
  context: ResolutionContext,
): string | undefined {
  if (order.pspId !== undefined && (resolution.pspId ?? order.pspId) !== order.pspId) {
    return `the PSP has it under the id ${order.pspId}, not ${resolution.pspId}`;
  }
  return busyReason(order, resolution, context) ?? impossibleReason(order, resolution);
}

/** Returns a reason if a gateway is working on the order, or if an attempt to send the order can still reach the PSP. */
function busyReason(
  order: StoredOrder,
  { as }: Resolution,
  { holder, now, timings }: ResolutionContext,
): string | undefined {
  if (hasRunningLease(order, holder, now)) {
    return `a gateway is working on it at this moment; try again in ${toSeconds(order.leasedUntil - now)} s`;
  }
  const arrivalDeadline =
    (order.sentAt ?? order.outcomeUnknownSince ?? -Infinity) + timings.declineConfirmationMs;
  if (as === 'failed' && arrivalDeadline > now) {
    return `what was sent may still arrive at the PSP; try again in ${toSeconds(arrivalDeadline - now)} s`;
  }
  return undefined;
}

/** Returns a reason if the current state of the order does not allow the new state. */
function impossibleReason({ state, attempts }: StoredOrder, { as }: Resolution): string | undefined {
  if (state === as) return `it is ${as} already`;
  switch (state) {
    case 'received':
    case 'waiting':
    case 'sending':
    case 'unknown':
    case 'pending':
      return attempts === 0 && as !== 'failed' ? 'it was never sent to the PSP' : undefined;
    case 'succeeded':
      return as === 'failed' ? 'it has succeeded; money that came back is --as returned' : undefined;
    case 'failed':
      return as === 'returned'
        ? 'it has failed; if it left after all, it is --as succeeded first'
        : undefined;
    case 'returned':
      return 'its money has come back: nothing can follow';
  }
}

/** Returns a reason if another order already has this PSP id. */
async function pspIdTakenReason(
  repository: OrderRepository,
  id: string,
  { pspId }: Resolution,
): Promise<string | undefined> {
  if (pspId === undefined) return undefined;
  const other = (await repository.findByPspReferences({ pspKeys: [], pspIds: [pspId] })).find(
    (order) => order.id !== id,
  );
  return other && `the PSP's id ${pspId} belongs to order ${other.id} (${other.idempotencyKey})`;
}

function buildResolution(order: StoredOrder, { as, pspId, note }: Resolution): OrderChange {
  const reason = { by: RESERVED_NAMESPACE, code: 'resolved_by_operator' };
  return {
    set: {
      ...RELEASED_LEASE,
      state: as,
      pspId: pspId ?? order.pspId,
      sentAt: undefined,
      declinedAt: undefined,
      nextActionAt: undefined,
      fencingToken: order.fencingToken + 1,
      details: mergeDetails(order, { disputedAt: undefined, ...(as === 'succeeded' ? {} : { reason }) }),
    },
    event: `an operator says ${as}: ${note}`,
  };
}

/**
 * Builds the audit event about a resolution of an order.
 * @param action `order.resolved`, or `order.resolution-proposed` for a resolution that another operator must approve
 */
export function buildResolutionAuditEntry(
  action: 'order.resolved' | 'order.resolution-proposed',
  { id, state }: StoredOrder,
  { as, pspId, note }: Resolution,
  author: OperatorAuthor,
  approval?: ResolutionApproval,
): AuditEntry {
  return {
    ...author,
    action,
    details: {
      ...{ order: id, before: state, after: as, note, ...(pspId !== undefined && { pspId }) },
      ...(approval && { proposedBy: approval.proposedBy }),
    },
  };
}

function toSeconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
