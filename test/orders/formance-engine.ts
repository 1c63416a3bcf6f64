/**
 * A model of Formance's engine for orders. It sends an initiation to the connector, stores and links the payment of the response, and
 * applies the rows that the connector's polling returns. Source: v3.4.0 `internal/connectors/engine/workflow/create_payout.go`, `utils.go`
 * (storePIPaymentWithStatus), `context.go` (delays), `fetch_payments.go`, `activities/storage_payment_initiations_update_from_payment.go`,
 * `internal/api/services/payment_initiations_retry.go`.
 */
import type { Stream } from '@tributary/connector-api';
import type { DecodedRow } from '../../libs/conformance/src/clients/decode-response.js';
import { FormanceStore } from '../../libs/conformance/src/clients/formance-store.js';
import type { GoTime } from '../../libs/conformance/src/clients/go-time.js';
import type { ClientVersion } from '../../libs/conformance/src/clients/client-versions.js';
import { PaymentInitiation, getStatusAfterResponse, getStatusAfterRow } from './payment-initiation.js';
import { interpretOrderResponse, type RequestResult } from './interpret-order-response.js';
import { PaymentStore, getPaymentId, type PspPayment } from './payment-store.js';
import { getOrderPath, createRequestBody, type OrderPath, type PaymentRequest } from './payment-request.js';

export interface EngineEnvironment {
  /** Sends the connector's request, which takes at most ten seconds. */
  post: (path: OrderPath, body: string) => Promise<RequestResult>;
  /** Returns the time of the engine's own clock, in milliseconds since 1970. */
  now: () => number;
  /** Waits the given milliseconds between two attempts. */
  sleep: (milliseconds: number) => Promise<void>;
}

const INITIAL_DELAY_MS = 1000;
const MAX_DELAY_MS = 100_000;

export class FormanceEngine extends FormanceStore {
  readonly initiations = new Map<string, PaymentInitiation>();
  readonly paymentStore = new PaymentStore();
  private readonly linked = new Map<string, PaymentInitiation>();

  constructor(
    version: ClientVersion,
    private readonly environment: EngineEnvironment,
  ) {
    super(version);
  }

  /**
   * Creates an initiation and approves it, as a user does.
   * @throws Error when another initiation already has the reference
   */
  async initiate(wish: PaymentRequest): Promise<PaymentInitiation> {
    if (this.initiations.has(wish.reference)) throw new Error(`reference ${wish.reference} is taken`);
    const initiation = new PaymentInitiation(wish);
    this.initiations.set(wish.reference, initiation);
    initiation.addAdjustment(this.now(), 'WAITING_FOR_VALIDATION');
    await this.sendUntilFinal(initiation);
    return initiation;
  }

  /**
   * Retries a failed initiation, as a user does.
   * @throws Error when the initiation is not FAILED, because Formance retries no other initiation
   */
  async retry(initiation: PaymentInitiation): Promise<void> {
    if (initiation.status !== 'FAILED')
      throw new Error(`${initiation.request.reference} is ${initiation.status}`);
    await this.sendUntilFinal(initiation);
  }

  /** Stores the rows that the connector's polling returned. */
  override store(stream: Stream, rows: readonly DecodedRow[]): void {
    super.store(stream, rows);
    if (stream !== 'transactions') return;
    const payments = rows.map(toPayment);
    this.paymentStore.store(payments);
    for (const payment of payments) this.updateLinked(payment);
  }

  private async sendUntilFinal(initiation: PaymentInitiation): Promise<void> {
    const { request } = initiation;
    initiation.addAdjustment(this.now(), 'PROCESSING');
    for (let delayMs = INITIAL_DELAY_MS; ; delayMs = Math.min(2 * delayMs, MAX_DELAY_MS)) {
      const reading = interpretOrderResponse(
        request.kind,
        await this.environment.post(getOrderPath(request), createRequestBody(request)),
      );
      if (reading === 'stuck') return;
      if (reading === 'failed') return initiation.addAdjustment(this.now(), 'FAILED');
      if (reading !== 'again') return this.link(initiation, reading);
      await this.environment.sleep(delayMs);
    }
  }

  /**
   * Links a payment to an initiation. The link has the time of the engine's clock after the response, so a row with an older `createdAt`
   * does not replace it.
   */
  private link(initiation: PaymentInitiation, payment: PspPayment): void {
    this.paymentStore.store([payment]);
    initiation.linkedPaymentIds.add(getPaymentId(payment));
    this.linked.set(getPaymentId(payment), initiation);
    initiation.addAdjustment(this.now(), getStatusAfterResponse(payment.status));
  }

  private updateLinked(payment: PspPayment): void {
    const status = getStatusAfterRow(payment.status);
    if (status !== undefined)
      this.linked.get(getPaymentId(payment))?.addAdjustment(payment.createdAt, status);
  }

  private now(): GoTime {
    const now = this.environment.now();
    const seconds = Math.floor(now / 1000);
    return { seconds, nanoseconds: Math.round((now - seconds * 1000) * 1e6), offsetMinutes: 0 };
  }
}

function toPayment({ id, createdAt, transaction }: DecodedRow): PspPayment {
  const { type, status, amount, currency, relatedId } = transaction!;
  return {
    reference: id,
    parent: relatedId,
    createdAt,
    type,
    status,
    amount: BigInt(amount),
    asset: currency,
  };
}
