/** What is known of an order beside its state, as the store keeps it. */
import type { Metadata, OrderResult } from '@tributary/connector-api';
import type { StoredOrder } from '@tributary/feed';

export interface OrderDetails {
  /** The PSP's metadata. */
  metadata?: Record<string, string>;
  /** Why it failed or came back; `by`: the plugin's name, or ours. */
  reason?: FailureReason;
  /** The movement of the PSP's listing that is this order. */
  movement?: string;
  /** When something contradicted the final status that is known: until the PSP was asked since then, nobody can tell which is true. */
  disputedAt?: number | undefined;
}

export interface FailureReason {
  by: string;
  code: string;
  message?: string;
}

/** The name that our own reasons and metadata go by. */
export const OURS = 'tributary';

/** Keys of ours mean what we say, or are not there: nobody else's word is served under them. */
export function withoutOurs(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith(`com.${OURS}.spec/`)));
}

export function detailsOf({ details }: Pick<StoredOrder, 'details'>): OrderDetails {
  return JSON.parse(details) as OrderDetails;
}

export function withDetails(order: Pick<StoredOrder, 'details'>, changes: OrderDetails): string {
  return JSON.stringify({ ...detailsOf(order), ...changes });
}

export function isDisputed(order: Pick<StoredOrder, 'details'>): boolean {
  return detailsOf(order).disputedAt !== undefined;
}

/** What a result says, which ends every dispute. Of older metadata what it does not repeat stays. */
export function detailsFrom(
  order: Pick<StoredOrder, 'details'>,
  plugin: string,
  { metadata, reason }: OrderResult,
): string {
  const before = detailsOf(order);
  return JSON.stringify({
    ...before,
    disputedAt: undefined,
    metadata: { ...before.metadata, ...strings(metadata ?? {}) },
    ...(reason ? { reason: { by: plugin, ...reason } } : {}),
  });
}

function strings(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
