/**
 * A payment initiation in Formance: a payment that a user requested, with its status. Source: v3.4.0
 * `internal/storage/payment_initiations.go`, `pkg/domain/models/payment_initiation_adjustments_status.go`,
 * `internal/connectors/engine/workflow/utils.go`.
 */
import { formatExact, type GoTime } from '../../libs/conformance/src/clients/go-time.js';
import { findNewest } from './payment-store.js';
import type { PaymentRequest } from './payment-request.js';

export type InitiationStatus =
  | 'WAITING_FOR_VALIDATION'
  | 'PROCESSING'
  | 'PROCESSED'
  | 'FAILED'
  | 'REVERSED'
  | 'REVERSE_FAILED'
  | 'UNKNOWN';

export class PaymentInitiation {
  /** The ids of the payments that the response to an order has linked to the initiation. A row never links a payment. */
  readonly linkedPaymentIds = new Set<string>();
  private readonly adjustments: { createdAt: GoTime; status: InitiationStatus }[] = [];
  private readonly known = new Set<string>();

  constructor(readonly request: PaymentRequest) {}

  addAdjustment(createdAt: GoTime, status: InitiationStatus): void {
    const identity = `${formatExact(createdAt)} ${status}`;
    if (this.known.has(identity)) return;
    this.known.add(identity);
    this.adjustments.push({ createdAt, status });
  }

  get status(): InitiationStatus {
    return findNewest(this.adjustments)!.status;
  }
}

/** Returns the status after the response to an order. */
export function getStatusAfterResponse(payment: string): InitiationStatus {
  switch (payment) {
    case 'DISPUTE_WON':
    case 'DISPUTE_LOST':
      return 'UNKNOWN';
    default:
      return getStatusAfterRow(payment) ?? 'UNKNOWN';
  }
}

/**
 * Returns the status of an initiation after a row of a linked payment. The result is `undefined` when the row does not change the
 * initiation.
 */
export function getStatusAfterRow(payment: string): InitiationStatus | undefined {
  switch (payment) {
    case 'PENDING':
    case 'AUTHORISATION':
      return 'PROCESSING';
    case 'SUCCEEDED':
    case 'CAPTURE':
    case 'REFUND_REVERSED':
    case 'DISPUTE_WON':
      return 'PROCESSED';
    case 'CANCELLED':
    case 'CAPTURE_FAILED':
    case 'EXPIRED':
    case 'FAILED':
    case 'DISPUTE_LOST':
      return 'FAILED';
    case 'DISPUTE':
      return 'UNKNOWN';
    case 'REFUNDED':
      return 'REVERSED';
    case 'REFUNDED_FAILURE':
      return 'REVERSE_FAILED';
    default:
      return undefined;
  }
}
