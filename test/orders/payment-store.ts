/**
 * Simulates the engine's store of payments. Each payment is inserted once, by its id, and each adjustment once, by the adjustment's id.
 * Only an inserted adjustment changes the amount. Source: v3.4.0 `pkg/domain/models/payments.go` (ids), `internal/storage/payments.go`
 * (PaymentsUpsert, PaymentsGet).
 */
import { compareGoTimes, formatExact, type GoTime } from '../../libs/conformance/src/clients/go-time.js';

/** A payment as the connector returns it, in the response to an order or in a row. */
export interface PspPayment {
  reference: string;
  /** The reference of the payment to which this payment belongs. */
  parent: string | undefined;
  createdAt: GoTime;
  type: string;
  status: string;
  amount: bigint;
  asset: string;
}

export interface Payment {
  id: string;
  createdAt: GoTime;
  /** The remaining amount: refunds are subtracted, captures are added. */
  amount: bigint;
  asset: string;
  adjustments: Adjustment[];
}

interface Adjustment {
  reference: string;
  createdAt: GoTime;
  status: string;
  amount: bigint;
}

export function getPaymentId({ parent, reference, type }: PspPayment): string {
  return `${parent || reference} ${type}`;
}

export class PaymentStore {
  readonly byId = new Map<string, Payment>();
  private readonly known = new Set<string>();

  store(handedOver: readonly PspPayment[]): void {
    for (const payment of handedOver) this.insert(payment);
    for (const payment of handedOver) this.adjust(payment);
  }

  getStatus(id: string): string | undefined {
    const payment = this.byId.get(id);
    return payment && findNewest(payment.adjustments)?.status;
  }

  private insert(from: PspPayment): void {
    const id = getPaymentId(from);
    if (this.byId.has(id)) return;
    const amount = from.status === 'AUTHORISATION' ? 0n : from.amount;
    this.byId.set(id, { id, createdAt: from.createdAt, amount, asset: from.asset, adjustments: [] });
  }

  private adjust({ reference, createdAt, status, amount, ...of }: PspPayment): void {
    const payment = this.byId.get(getPaymentId({ reference, createdAt, status, amount, ...of }))!;
    const identity = JSON.stringify([payment.id, reference, formatExact(createdAt), status]);
    if (this.known.has(identity)) return;
    this.known.add(identity);
    payment.adjustments.push({ reference, createdAt, status, amount });
    payment.amount += computeAmountChange(status, amount);
  }
}

/** Returns the entry with the newest time. If several entries have this time, the result is the entry that was stored last. */
export function findNewest<T extends { createdAt: GoTime }>(entries: readonly T[]): T | undefined {
  return entries.reduce<T | undefined>(
    (last, entry) => (last && compareGoTimes(entry.createdAt, last.createdAt) < 0 ? last : entry),
    undefined,
  );
}

function computeAmountChange(status: string, amount: bigint): bigint {
  switch (status) {
    case 'REFUNDED':
      return -amount;
    case 'CAPTURE':
    case 'REFUND_REVERSED':
      return amount;
    default:
      return 0n;
  }
}
