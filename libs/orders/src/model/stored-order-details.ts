/** The details of an order besides its state. The store contains them as JSON, so a property must not be renamed. */
import type { Metadata, OrderResult } from '@tributary/connector-api';
import type { StoredOrder } from '@tributary/feed';

export interface OrderDetails {
  /** Metadata of the order that the PSP returned. */
  metadata?: Record<string, string>;
  /**
   * The reason why the order failed or was returned. `by` is the name of the plugin, or `RESERVED_NAMESPACE` if the gateway gave the
   * reason.
   */
  reason?: FailureReason;
  /** The id under which the PSP lists this order as a transaction. */
  movement?: string;
  /**
   * The time at which a report of the PSP contradicted the stored final status. The order stays disputed until a later lookup at the PSP
   * succeeds.
   */
  disputedAt?: number | undefined;
  /** The ids of listed transactions according to which a failed order was paid. The PSP is asked about each of them once. */
  contradictions?: string[];
}

export interface FailureReason {
  by: string;
  code: string;
  message?: string;
}

/** The first part of the metadata keys that the gateway itself adds. */
export const RESERVED_NAMESPACE = 'tributary';

/** Removes metadata keys of the reserved namespace, because clients and PSPs must not be able to set them. */
export function stripReservedMetadata(metadata: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).filter(([key]) => !key.startsWith(`com.${RESERVED_NAMESPACE}.spec/`)),
  );
}

export function parseDetails({ details }: Pick<StoredOrder, 'details'>): OrderDetails {
  return JSON.parse(details) as OrderDetails;
}

export function mergeDetails(order: Pick<StoredOrder, 'details'>, changes: OrderDetails): string {
  return JSON.stringify({ ...parseDetails(order), ...changes });
}

export function isDisputed(order: Pick<StoredOrder, 'details'>): boolean {
  return parseDetails(order).disputedAt !== undefined;
}

/**
 * Returns the details of an order after a result of the PSP. The result ends a dispute about the status. Metadata that the result does not
 * contain is kept.
 */
export function buildDetails(
  order: Pick<StoredOrder, 'details'>,
  plugin: string,
  { metadata, reason }: OrderResult,
): string {
  const before = parseDetails(order);
  return JSON.stringify({
    ...before,
    disputedAt: undefined,
    metadata: { ...before.metadata, ...pickStrings(metadata ?? {}) },
    ...(reason ? { reason: { by: plugin, ...reason } } : {}),
  });
}

function pickStrings(metadata: Metadata): Record<string, string> {
  return Object.fromEntries(
    Object.entries(metadata).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
