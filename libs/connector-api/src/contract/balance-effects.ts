/**
 * Calculates how a row of the transactions feed changes the balances of the own accounts. The completeness check adds up these effects. The
 * direction follows from the type, the status and the two account ids. In a `REFUNDED` row, source and destination are already exchanged,
 * so the sign of an effect never has to be changed.
 */
import type { TransactionStatus, TransactionType } from '../record.types.js';

/** The change that one row of the feed causes in the balance of one account in one asset. */
export interface BalanceEffect {
  /** The id of the account as served to clients, i.e. encoded. */
  accountId: string;
  asset: string;
  /** The change in minor units. It is negative if money left the account. */
  amount: bigint;
}

/** The properties of a feed row that determine how the row changes balances. The account ids are encoded. */
export interface MovementRow {
  type: TransactionType;
  status: TransactionStatus;
  amount: bigint;
  asset: string;
  sourceAccountId: string | undefined;
  destinationAccountId: string | undefined;
}

/**
 * Returns the effects of a row. A payment or a payout changes only the balance of the own account, because the other side is a counterparty
 * whose balance is unknown. A transfer or another movement changes both balances.
 */
export function toBalanceEffects(row: MovementRow): BalanceEffect[] {
  const { type, status, amount, sourceAccountId, destinationAccountId } = row;
  const asset = toBalanceAsset(row.asset);
  if (amount === 0n || !hasMovedMoney(status)) return [];
  const effects: BalanceEffect[] = [];
  const isReversed = status === 'REFUNDED';
  const countsSource = type !== (isReversed ? 'PAYOUT' : 'PAYIN');
  const countsDestination = type !== (isReversed ? 'PAYIN' : 'PAYOUT');
  if (countsSource && sourceAccountId !== undefined)
    effects.push({ accountId: sourceAccountId, asset, amount: -amount });
  if (countsDestination && destinationAccountId !== undefined)
    effects.push({ accountId: destinationAccountId, asset, amount });
  return effects;
}

/**
 * Returns the asset as balances name it: `JPY/0` → `JPY`. Formance writes `JPY/0` in orders, and the feed rows of an order repeat this
 * form.
 */
function toBalanceAsset(asset: string): string {
  return asset.endsWith('/0') ? asset.slice(0, -2) : asset;
}

/** Returns true if a row with this status means that the money was moved. */
export function hasMovedMoney(status: TransactionStatus): boolean {
  switch (status) {
    case 'SUCCEEDED':
    case 'CAPTURE':
    case 'REFUNDED':
    case 'REFUND_REVERSED':
    // For each stage of a dispute, the feed can contain a separate row with the amount 0, which changes no balance. If the payment's own
    // row changes to one of these statuses, the money has not moved back.
    case 'DISPUTE':
    case 'DISPUTE_WON':
      return true;
    case 'PENDING':
    case 'AUTHORISATION':
    case 'FAILED':
    case 'CANCELLED':
    case 'EXPIRED':
    case 'REFUNDED_FAILURE':
    case 'CAPTURE_FAILED':
    case 'DISPUTE_LOST':
    case 'OTHER':
      return false;
  }
}

/** The properties of a served row from which its effects on balances are calculated. */
export interface ServedMovement {
  type: TransactionType;
  status: TransactionStatus;
  amount: string;
  currency: string;
  sourceAccountID?: string;
  destinationAccountID?: string;
}

/**
 * Returns the effects that a record has after all its rows. If the last row has the status `REFUNDED` and the amount 0, it only repeats an
 * earlier refund, so the effects of the row before it remain.
 * @param bodies the JSON of the record's rows, oldest first
 */
export function readBalanceEffects(bodies: readonly string[]): BalanceEffect[] {
  let effects: BalanceEffect[] = [];
  for (const body of bodies) {
    const row = JSON.parse(body) as ServedMovement;
    if (effects.length > 0 && isRepeatedReturn(row.status, BigInt(row.amount))) continue;
    effects = toServedBalanceEffects(row);
  }
  return effects;
}

/** Returns the effects of one served row, as `toBalanceEffects` does. */
export function toServedBalanceEffects(row: ServedMovement): BalanceEffect[] {
  return toBalanceEffects({
    type: row.type,
    status: row.status,
    amount: BigInt(row.amount),
    asset: row.currency,
    sourceAccountId: row.sourceAccountID,
    destinationAccountId: row.destinationAccountID,
  });
}

/**
 * Returns true if a row only repeats an earlier refund. Clients add up the amounts of all `REFUNDED` rows, so the gateway writes such a row
 * with the amount 0.
 */
export function isRepeatedReturn(status: TransactionStatus, amount: bigint): boolean {
  return status === 'REFUNDED' && amount === 0n;
}
