/** Exit codes of `tributary reconcile run`, for cron and CI. */
import type { Verdict } from '@tributary/reconciliation';

/** @returns 0: reconciled or pending. 1: there are open breaks. 2: the data is incomplete */
export function toExitCode(verdict: Verdict): number {
  switch (verdict) {
    case 'reconciled':
    case 'pending':
      return 0;
    case 'breaks':
      return 1;
    case 'incomplete':
      return 2;
  }
}

/** Returns the worst code of several runs. */
export function combineExitCodes(codes: readonly number[]): number {
  return Math.max(0, ...codes);
}
