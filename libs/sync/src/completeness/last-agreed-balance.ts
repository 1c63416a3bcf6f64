/** Keeps the balances that agreed last in memory, so that a pull that changes nothing needs no comparison. */
import type { ValidatedBalances } from '@tributary/connector-api';

export class LastAgreedBalance {
  /** The balances, and the sequence number of the last row before the pull of that check. */
  private agreed: { seq: number; balances: string } | undefined;

  /** Returns true if nothing has changed since all of these balances agreed. */
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
