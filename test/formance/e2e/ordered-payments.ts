/** Orders payments through Formance, and compares the final state in Formance with the payments that the PSP made. */
import { canFail, getExpectedEnd, PspJournal } from '../../orders/psp-journal.js';
import type { StoredPayment } from './compare-payments.js';
import type { ScenarioContext } from './scenario-context.js';
import { waitUntilSolved } from './wait-until.js';

export interface PaymentOrder {
  reference: string;
  type: 'PAYOUT' | 'TRANSFER';
  amount: bigint;
  /** The asset in the form that Formance accepts in an order: `EUR/2`, `JPY/0`. */
  asset: string;
  metadata: Readonly<Record<string, string>>;
}

interface OrderedPayment {
  order: PaymentOrder;
  initiationId: string;
  retries: number;
  /** The number of checks in a row in which only Formance had set the initiation to failed. */
  failedChecks: number;
}

/**
 * The maximum number of retries of one initiation. Formance sets an initiation to failed if a connection was refused or broke, and a person
 * then retries it.
 */
const MAX_RETRIES = 3;
/**
 * The number of checks before an initiation is retried. Formance first stores the payment of a failed order, and then the status of its
 * initiation. So the status may be wrong for a few checks.
 */
const CHECKS_BEFORE_RETRY = 3;

export class OrderedPayments {
  private readonly ordered: OrderedPayment[] = [];
  private accountIds: ReadonlyMap<string, string> | undefined;

  private constructor(
    private readonly context: ScenarioContext,
    private readonly connectorId: string,
    private readonly accounts: readonly string[],
    private readonly beneficiaries: readonly string[],
  ) {}

  static async prepare(context: ScenarioContext): Promise<OrderedPayments> {
    const { gateway, payments } = context;
    return new OrderedPayments(
      context,
      await payments.findConnectorId(gateway.getPath('orders')),
      await gateway.listIds('orders', 'accounts'),
      await gateway.listIds('orders', 'beneficiaries'),
    );
  }

  /** Creates the initiation of an order in Formance. */
  async send(order: PaymentOrder): Promise<void> {
    const { payments } = this.context;
    this.accountIds ??= await payments.listAccountIds(this.connectorId);
    const number = this.ordered.length;
    const from = this.accounts[number % this.accounts.length]!;
    const targets =
      order.type === 'PAYOUT' ? this.beneficiaries : this.accounts.filter((account) => account !== from);
    const initiationId = await payments.initiate({
      ...{ ...order, connectorId: this.connectorId },
      sourceAccountId: this.findAccountId(from),
      destinationAccountId: this.findAccountId(targets[number % targets.length]!),
    });
    this.ordered.push({ order, initiationId, retries: 0, failedChecks: 0 });
  }

  /**
   * Waits until the PSP has accepted a number of the orders.
   * @param count the number of orders; by default all orders
   */
  waitUntilAccepted(references: readonly string[], count = references.length): Promise<readonly string[]> {
    const { gateway, settings } = this.context;
    return waitUntilSolved(() => {
      const journal = new PspJournal(gateway.journal);
      const missing = references.filter((reference) => journal.getPayments(reference).length === 0);
      const isEnough = references.length - missing.length >= count;
      return Promise.resolve(
        isEnough ? [] : missing.map((reference) => `${reference}: the PSP has not accepted it`),
      );
    }, settings.timeoutMs);
  }

  /** Returns the orders whose payment the PSP executes, settles, fails or returns between two times. */
  findChangedBetween(from: number, to: number): string[] {
    const journal = new PspJournal(this.context.gateway.journal);
    return this.ordered
      .map(({ order }) => order.reference)
      .filter((reference) =>
        journal.getPayments(reference).some(({ at, after, fault, fate }) => {
          const changes = fault === 'executes-later' || fate !== 'succeeds';
          return changes && at + after >= from && at + after <= to;
        }),
      );
  }

  /**
   * Waits until Formance shows the final state of all orders.
   * @returns the problems that remain when the time is over
   */
  waitUntilFinal(): Promise<readonly string[]> {
    return waitUntilSolved(() => this.findProblems(), this.context.settings.timeoutMs);
  }

  get count(): number {
    return this.ordered.length;
  }

  /** The number of initiations that had to be retried. */
  get retriedCount(): number {
    return this.ordered.filter(({ retries }) => retries > 0).length;
  }

  /** Describes the faults that the PSP simulated, each with its number of attempts. */
  describeFaults(): string {
    const { faultCounts } = new PspJournal(this.context.gateway.journal);
    return [...faultCounts].map(([fault, count]) => `${fault} ${count}`).join(', ');
  }

  private findAccountId(reference: string): string {
    const id = this.accountIds?.get(reference);
    if (id === undefined) throw new Error(`Formance does not have the account ${reference}`);
    return id;
  }

  private async findProblems(): Promise<string[]> {
    const journal = new PspJournal(this.context.gateway.journal);
    const stored = await this.context.payments.listPayments(this.connectorId);
    const byReference = Map.groupBy(stored, ({ reference }) => reference);
    const problems: string[] = [];
    for (const ordered of this.ordered)
      problems.push(
        ...(await this.compare(ordered, journal, byReference.get(ordered.order.reference) ?? [])),
      );
    return problems;
  }

  private async compare(
    ordered: OrderedPayment,
    journal: PspJournal,
    stored: readonly StoredPayment[],
  ): Promise<string[]> {
    const { payments } = this.context;
    const { reference, type, amount, asset } = ordered.order;
    const paid = journal.getPayments(reference);
    if (paid.length > 1) return [`${reference}: paid ${paid.length} times`];
    const initiation = await payments.findInitiation(ordered.initiationId);
    const linked = await payments.listLinkedPaymentIds(ordered.initiationId);
    // If there is no payment, the order did not reach the gateway, because the gateway was not running. If the payment is not linked, the
    // gateway was killed before its response. Then the initiation is retried, although the payment may have failed at the PSP.
    if (initiation.status === 'FAILED' && (stored.length === 0 || linked.length === 0 || !canFail(paid[0]))) {
      ordered.failedChecks++;
      if (ordered.failedChecks >= CHECKS_BEFORE_RETRY && ordered.retries < MAX_RETRIES) {
        ordered.retries++;
        ordered.failedChecks = 0;
        await payments.retryInitiation(ordered.initiationId);
      }
      return [`${reference}: FAILED by Formance alone: ${initiation.error ?? 'no reason'}`];
    }
    ordered.failedChecks = 0;
    const expected = getExpectedEnd(paid[0], amount);
    if (expected === undefined) return [`${reference}: the PSP has not executed it`];
    const [payment] = stored;
    const values = [
      ['initiation', initiation.status, expected.initiation],
      ['payments', stored.length, 1],
      ['linked payments', linked.join(), payment?.id],
      ['type', payment?.type, type],
      ['asset', payment?.asset.replace(/\/0$/, ''), asset.replace(/\/0$/, '')],
      ['payment', payment?.status, expected.payment],
      ['amount', payment?.amount, expected.amount],
    ] as const;
    const wrong = values.filter(([, found, wanted]) => found !== wanted);
    if (wrong.length === 0) return [];
    const texts = wrong.map(([name, found, wanted]) => `${name} ${found} instead of ${wanted}`);
    const fate = paid[0] ? `${paid[0].fault}, ${paid[0].fate}` : 'never accepted';
    return [`${reference} (${asset}; PSP: ${fate}): ${texts.join(', ')}`];
  }
}
