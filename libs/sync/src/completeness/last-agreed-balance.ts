/**
 * Keeps the balances of the last check that agreed in memory. If a pull finds the same balances and no new rows, nothing has to be
 * compared.
 */
import type { ValidatedBalances } from '@tributary/connector-api';

export class LastAgreedBalance {
  /** The balances of the last check that agreed, and the sequence number of the last row before its pull. */
  private agreed: { seq: number; balances: string } | undefined;

  /** Returns true if neither the balances nor the rows have changed since all of these balances agreed. */
  isUnchanged(seq: number, observed: readonly ValidatedBalances[]): boolean {
    return this.agreed?.seq === seq && this.agreed.balances === describeBalances(observed);
  }

  remember(seq: number, observed: readonly ValidatedBalances[]): void {
    this.agreed = { seq, balances: describeBalances(observed) };
  }

  forget(): void {
    this.agreed = undefined;
  }
}

function describeBalances(observed: readonly ValidatedBalances[]): string {
  return observed
    .map(({ accountId, amounts }) => `${accountId} ${[...amounts].join(' ')}`)
    .sort()
    .join('\n');
}
