/** Creates a ledger in Formance that mirrors the money at a PSP, and reconciles it with a pool of Formance Payments. */
import type { Balances, FormanceService } from './payments-server.js';

/** A movement of money at the PSP, as the company books it. */
export interface BookedMovement {
  /** The address of the ledger account that represents the account at the PSP. */
  account: string;
  asset: string;
  /** The amount in minor units: positive when the account at the PSP receives money. */
  amount: bigint;
  /** Milliseconds since 1970. */
  at: number;
  /** The id of the row; absent for a booking without a row. */
  reference?: string;
}

export class ReconciledLedger {
  constructor(
    private readonly ledger: FormanceService,
    private readonly reconciliation: FormanceService,
    /** The name of a ledger that does not exist yet. */
    private readonly name: string,
  ) {}

  async create(): Promise<void> {
    await this.ledger.send(
      { method: 'POST', path: '/v2/{ledger}', params: { ledger: this.name }, body: {} },
      () => undefined,
    );
  }

  /** Books a movement of money. Reconciliation adds both sides, so the accounts have the negative of the money at the PSP. */
  async book({ account, asset, amount, at, reference }: BookedMovement): Promise<void> {
    const posting =
      amount < 0n
        ? { source: 'world', destination: account, asset, amount: Number(-amount) }
        : { source: account, destination: 'world', asset, amount: Number(amount) };
    await this.ledger.send(
      {
        ...{ method: 'POST', path: '/v2/{ledger}/transactions', params: { ledger: this.name } },
        body: {
          ...{ postings: [posting], timestamp: new Date(at).toISOString(), force: true, metadata: {} },
          ...(reference !== undefined && { reference }),
        },
      },
      () => undefined,
    );
  }

  /** Lets Formance reconcile both sides of a policy at a time. */
  async reconcile(policyId: string, at: number): Promise<FormanceReconciliation> {
    const time = new Date(at).toISOString();
    return this.reconciliation.send(
      {
        ...{ method: 'POST', path: '/policies/{id}/reconciliation', params: { id: policyId } },
        body: { reconciledAtLedger: time, reconciledAtPayments: time },
      },
      (json) => ({
        status: json.string('data', 'status'),
        findDrift: (asset) => json.scalar('data', 'driftBalances', asset),
        findPaymentsBalance: (asset) => json.scalar('data', 'paymentsBalances', asset),
      }),
    );
  }
}

/** A result of Formance Reconciliation. Amounts are minor units as decimal digits; `undefined` for an asset without an amount. */
export interface FormanceReconciliation {
  status: string;
  findDrift(asset: string): string | undefined;
  findPaymentsBalance(asset: string): string | undefined;
}

/** Compares a result with the expected balances at the bank. The drift must be 0. */
export function findReconciliationProblems(result: FormanceReconciliation, expected: Balances): string[] {
  return [...expected].flatMap(([asset, amount]) => {
    const [drift, found] = [result.findDrift(asset), result.findPaymentsBalance(asset)];
    return drift === '0' && found === String(amount)
      ? []
      : [`${asset}: payments ${found} instead of ${amount}, drift ${drift}`];
  });
}
