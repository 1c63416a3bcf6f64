/** Creates a ledger in Formance that mirrors the money at a PSP, and reconciles it with a pool of Formance Payments. */
import type { Balances, FormanceService } from './payments-server.js';

export class ReconciledLedger {
  constructor(
    private readonly ledger: FormanceService,
    private readonly reconciliation: FormanceService,
    /** The name of a ledger that does not exist yet. */
    private readonly name: string,
    /**
     * The address of the account that mirrors the PSP. Reconciliation adds both sides, so the balance of the account is the negative of the
     * money at the PSP.
     */
    private readonly account: string,
  ) {}

  async create(): Promise<void> {
    await this.ledger.send(
      { method: 'POST', path: '/v2/{ledger}', params: { ledger: this.name }, body: {} },
      () => undefined,
    );
  }

  /**
   * Books the changes of one day at the PSP.
   * @param at milliseconds since 1970
   */
  async book(change: Balances, at: number): Promise<void> {
    const postings = [...change].map(([asset, amount]) => ({
      ...(amount < 0n
        ? { source: 'world', destination: this.account }
        : { source: this.account, destination: 'world' }),
      amount: Number(amount < 0n ? -amount : amount),
      asset,
    }));
    await this.ledger.send(
      {
        ...{ method: 'POST', path: '/v2/{ledger}/transactions', params: { ledger: this.name } },
        body: { postings, timestamp: new Date(at).toISOString(), force: true, metadata: {} },
      },
      () => undefined,
    );
  }

  /**
   * Reconciles both sides of a policy at a time.
   * @returns the problems: a drift, or an amount in Payments that is not the expected amount
   */
  async reconcile(policyId: string, at: number, expected: Balances): Promise<string[]> {
    const time = new Date(at).toISOString();
    return this.reconciliation.send(
      {
        ...{ method: 'POST', path: '/policies/{id}/reconciliation', params: { id: policyId } },
        body: { reconciledAtLedger: time, reconciledAtPayments: time },
      },
      (json) =>
        [...expected].flatMap(([asset, amount]) => {
          const drift = json.scalar('data', 'driftBalances', asset);
          const found = json.scalar('data', 'paymentsBalances', asset);
          return drift === '0' && found === String(amount)
            ? []
            : [`${asset}: payments ${found} instead of ${amount}, drift ${drift}`];
        }),
    );
  }
}
