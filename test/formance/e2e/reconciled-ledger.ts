/** Creates a ledger in Formance that mirrors the money at a PSP, and reconciles it with a pool of Formance Payments. */
import { FormanceError } from '@tributary/formance';
import type { Balances, FormanceService } from './payments-server.js';

/** The change of one balance at the PSP. */
export interface BookedChange {
  /** The address of the ledger account that represents the account at the PSP. */
  account: string;
  asset: string;
  /** The amount in minor units: positive when the account at the PSP receives money. */
  amount: bigint;
}

/** When a movement of money is booked, and by which row. */
export interface BookingDetails {
  /** Milliseconds since 1970. */
  at: number;
  /** The id of the row; absent for a booking without a row. */
  reference?: string;
}

/** A movement of money at the PSP, as the company books it. */
export type BookedMovement = BookedChange & BookingDetails;

export class ReconciledLedger {
  constructor(
    private readonly ledger: FormanceService,
    /** Absent without the service Reconciliation. */
    private readonly reconciliation: FormanceService | undefined,
    /** The name of a ledger that does not exist yet. */
    private readonly name: string,
  ) {}

  /** Creates the ledger unless an earlier scenario has created it. */
  async create(): Promise<void> {
    try {
      await this.ledger.send(
        { method: 'POST', path: '/v2/{ledger}', params: { ledger: this.name }, body: {} },
        () => undefined,
      );
    } catch (error) {
      if (!(error instanceof FormanceError && error.details.code === 'LEDGER_ALREADY_EXISTS')) throw error;
    }
  }

  /** Books a movement that changes one balance. */
  book({ account, asset, amount, ...details }: BookedMovement): Promise<void> {
    return this.bookChanges([{ account, asset, amount }], details);
  }

  /**
   * Books a movement as one transaction. Reconciliation adds both sides, so the accounts have the negative of the money at the PSP.
   * @param changes at least one
   */
  async bookChanges(changes: readonly BookedChange[], { at, reference }: BookingDetails): Promise<void> {
    const postings = changes.map(({ account, asset, amount }) =>
      amount < 0n
        ? { source: 'world', destination: account, asset, amount: Number(-amount) }
        : { source: account, destination: 'world', asset, amount: Number(amount) },
    );
    await this.ledger.send(
      {
        ...{ method: 'POST', path: '/v2/{ledger}/transactions', params: { ledger: this.name } },
        body: {
          ...{ postings, timestamp: new Date(at).toISOString(), force: true, metadata: {} },
          ...(reference !== undefined && { reference }),
        },
      },
      () => undefined,
    );
  }

  /**
   * Lets Formance reconcile both sides of a policy at a time.
   * @throws Error without the service Reconciliation
   */
  async reconcile(policyId: string, at: number): Promise<FormanceReconciliation> {
    if (this.reconciliation === undefined) throw new Error('FORMANCE_RECONCILIATION_URL is not set');
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
