/** Determines the exit code of `tributary reconcile run`, for cron and CI. */
import type { Verdict } from '@tributary/reconciliation';

/**
 * Returns the exit code for the result of a run.
 * @returns 0 if the accounts are reconciled or breaks are pending, 1 if there are open breaks, 2 if the data is incomplete
 */
export function getReconcileExitCode(verdict: Verdict): number {
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
