/** Manual resolution: an operator has checked an order at the PSP and sets its final state. */
import type { LeaseHolder, OrderBook, OrderChange, StoredOrder } from '@tributary/feed';
import { OURS, withDetails } from './order-details.js';
import type { OrderPace } from './pace.js';
import { withPublication } from './publication.js';
import { isHeld, released } from './taking.js';

/** States that an operator can set. */
export const RESOLUTIONS = ['succeeded', 'failed', 'returned'] as const;

export interface Resolution {
  as: (typeof RESOLUTIONS)[number];
  /** Id of the order at the PSP, if the operator found one. */
  pspId?: string;
  /** Source of the operator's knowledge. It is stored in the history and never shown to clients. */
  note: string;
}

/** The resolved order, or the reason why the resolution is not possible. */
export type Resolved = { order: StoredOrder } | { refused: string };

/** Process and time of a resolution. `now` is in milliseconds since 1970, by the store's clock. */
export interface Resolver {
  holder: LeaseHolder;
  now: number;
  pace: OrderPace;
}

/** Sets the final state of an order. Safe while gateways run: the fencing token grows, so a process that works on the order loses its lease. */
export async function resolveOrder(
  book: OrderBook,
  id: string,
  resolution: Resolution,
  by: Resolver,
): Promise<Resolved> {
  let refused = await whyTaken(book, id, resolution);
  if (refused !== undefined) return { refused };
  const order = await book.change(id, (current) => {
    refused = whyNot(current, resolution, by);
    if (refused !== undefined) return undefined;
    return withPublication(current, resolved(current, resolution), by.now, by.pace);
  });
  if (order === undefined) return { refused: `there is no order ${id}` };
  return refused === undefined ? { order } : { refused };
}

/** Returns the reason, in plain words, why the resolution is not possible, or `undefined` when it is. */
export function whyNot(order: StoredOrder, resolution: Resolution, by: Resolver): string | undefined {
  if (order.pspId !== undefined && (resolution.pspId ?? order.pspId) !== order.pspId) {
    return `the PSP has it under the id ${order.pspId}, not ${resolution.pspId}`;
  }
  return whyBusy(order, resolution, by) ?? whyImpossible(order, resolution);
}

/** Returns a reason while a gateway works on the order or a sent attempt can still reach the PSP. */
function whyBusy(
  order: StoredOrder,
  { as }: Resolution,
  { holder, now, pace }: Resolver,
): string | undefined {
  if (isHeld(order, holder, now)) {
    return `a gateway is working on it at this moment; try again in ${seconds(order.leasedUntil - now)} s`;
  }
  const arrived = (order.sentAt ?? order.unsureSince ?? -Infinity) + pace.settle;
  if (as === 'failed' && arrived > now) {
    return `what was sent may still arrive at the PSP; try again in ${seconds(arrived - now)} s`;
  }
  return undefined;
}

/** Returns a reason if the current state does not allow the resolution. */
function whyImpossible({ state, attempts }: StoredOrder, { as }: Resolution): string | undefined {
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

/** Returns a reason if another order has this PSP id. */
async function whyTaken(book: OrderBook, id: string, { pspId }: Resolution): Promise<string | undefined> {
  if (pspId === undefined) return undefined;
  const other = (await book.named({ pspKeys: [], pspIds: [pspId] })).find((order) => order.id !== id);
  return other && `the PSP's id ${pspId} belongs to order ${other.id} (${other.idempotencyKey})`;
}

function resolved(order: StoredOrder, { as, pspId, note }: Resolution): OrderChange {
  const reason = { by: OURS, code: 'resolved_by_operator' };
  return {
    set: {
      ...released,
      state: as,
      pspId: pspId ?? order.pspId,
      sentAt: undefined,
      refusedAt: undefined,
      nextAt: undefined,
      fence: order.fence + 1,
      details: withDetails(order, { disputedAt: undefined, ...(as === 'succeeded' ? {} : { reason }) }),
    },
    event: `an operator says ${as}: ${note}`,
  };
}

function seconds(milliseconds: number): number {
  return Math.ceil(milliseconds / 1000);
}
