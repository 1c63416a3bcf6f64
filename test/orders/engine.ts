/**
 * Formance's engine, for orders: it sends an initiation to the connector, stores and links the payment of the response, and applies the rows of
 * the connector's polling. Source: v3.4.0 `internal/connectors/engine/workflow/create_payout.go`, `utils.go` (storePIPaymentWithStatus),
 * `context.go` (delays), `fetch_payments.go`, `activities/storage_payment_initiations_update_from_payment.go`,
 * `internal/api/services/payment_initiations_retry.go`.
 */
import type { Stream } from '@tributary/connector-api';
import type { Row } from '../clients/decoding.js';
import { Formance } from '../clients/formance.js';
import type { GoTime } from '../clients/go-time.js';
import type { ClientVersion } from '../clients/versions.js';
import { Initiation, statusOfAnswer, statusOfRow } from './initiation.js';
import { readOrderAnswer, type Posted } from './order-answer.js';
import { Payments, paymentIdOf, type PspPayment } from './payments.js';
import { pathOf, requestOf, type OrderPath, type Wish } from './wish.js';

export interface Surroundings {
  /** The connector's request. It takes ten seconds at most. */
  post: (path: OrderPath, body: string) => Promise<Posted>;
  /** The engine's own clock, in milliseconds since 1970. */
  now: () => number;
  /** Waits the given milliseconds between two attempts. */
  pause: (milliseconds: number) => Promise<void>;
}

const FIRST_PAUSE = 1000;
const LONGEST_PAUSE = 100_000;

export class Engine extends Formance {
  readonly initiations = new Map<string, Initiation>();
  readonly stored = new Payments();
  private readonly linked = new Map<string, Initiation>();

  constructor(
    version: ClientVersion,
    private readonly surroundings: Surroundings,
  ) {
    super(version);
  }

  /**
   * Creates an initiation and approves it, as a user does.
   * @throws Error when the reference is used already
   */
  async initiate(wish: Wish): Promise<Initiation> {
    if (this.initiations.has(wish.reference)) throw new Error(`reference ${wish.reference} is taken`);
    const initiation = new Initiation(wish);
    this.initiations.set(wish.reference, initiation);
    initiation.adjust(this.now(), 'WAITING_FOR_VALIDATION');
    await this.send(initiation);
    return initiation;
  }

  /**
   * Retries a failed initiation, as a user does.
   * @throws Error when it is not FAILED, because Formance retries nothing else
   */
  async retry(initiation: Initiation): Promise<void> {
    if (initiation.status !== 'FAILED')
      throw new Error(`${initiation.wish.reference} is ${initiation.status}`);
    await this.send(initiation);
  }

  /** Stores the rows that the connector's polling returned. */
  override store(stream: Stream, rows: readonly Row[]): void {
    super.store(stream, rows);
    if (stream !== 'transactions') return;
    const payments = rows.map(paymentOf);
    this.stored.store(payments);
    for (const payment of payments) this.update(payment);
  }

  private async send(initiation: Initiation): Promise<void> {
    const { wish } = initiation;
    initiation.adjust(this.now(), 'PROCESSING');
    for (let pause = FIRST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
      const reading = readOrderAnswer(wish.kind, await this.surroundings.post(pathOf(wish), requestOf(wish)));
      if (reading === 'stuck') return;
      if (reading === 'failed') return initiation.adjust(this.now(), 'FAILED');
      if (reading !== 'again') return this.link(initiation, reading);
      await this.surroundings.pause(pause);
    }
  }

  /** Links a payment. The entry has the time of the engine's clock, after the response: a row with an older `createdAt` does not replace it. */
  private link(initiation: Initiation, payment: PspPayment): void {
    this.stored.store([payment]);
    initiation.related.add(paymentIdOf(payment));
    this.linked.set(paymentIdOf(payment), initiation);
    initiation.adjust(this.now(), statusOfAnswer(payment.status));
  }

  private update(payment: PspPayment): void {
    const status = statusOfRow(payment.status);
    if (status !== undefined) this.linked.get(paymentIdOf(payment))?.adjust(payment.createdAt, status);
  }

  private now(): GoTime {
    const now = this.surroundings.now();
    const seconds = Math.floor(now / 1000);
    return { seconds, nanoseconds: Math.round((now - seconds * 1000) * 1e6), offsetMinutes: 0 };
  }
}

function paymentOf({ id, createdAt, transaction }: Row): PspPayment {
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
