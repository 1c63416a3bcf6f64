/** The words of the simulated PSP's API, and their meanings. */

export const PLUGIN_NAME = 'sandbox';

export const TRANSACTION_KINDS = ['payin', 'payout', 'transfer', 'fee'] as const;

/** The state of a row whose money moves in the opposite direction of an earlier payment, payout or transfer. */
export const RETURNED_STATE = 'refunded';

export const TRANSACTION_STATUSES = {
  pending: 'PENDING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  cancelled: 'CANCELLED',
  expired: 'EXPIRED',
  disputed: 'DISPUTE',
  dispute_won: 'DISPUTE_WON',
  dispute_lost: 'DISPUTE_LOST',
  [RETURNED_STATE]: 'REFUNDED',
} as const;

export const ORDER_STATUSES = {
  pending: 'PENDING',
  completed: 'SUCCEEDED',
  failed: 'FAILED',
  returned: 'RETURNED',
} as const;
