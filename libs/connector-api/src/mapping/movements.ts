/**
 * Builds rows of payments, payouts and other movements. This file also declares the fields from which all functions of this folder build
 * rows.
 */
import type { Money } from '../money.js';
import type { Metadata, Transaction, TransactionStatus } from '../record.types.js';
import type { Movement } from './movement-kinds.js';
import { createCommonMetadata } from './common-metadata.js';
import type { RowDetails } from './common-metadata.js';

/** The fields of a row that a plugin reads from the PSP's object. */
export interface MovementFields {
  /** The PSP's own id of the movement, or an id that the plugin derives from it: `<payment>-fee`. */
  id: string;
  /** The time of the movement in RFC 3339. It must be the same in every version of the row. */
  createdAt: string;
  /** The time of the last change in RFC 3339. Default: `createdAt`. */
  updatedAt?: string | undefined;
  /** The PSP's id of the own account whose balance changes. */
  accountId: string;
  /** The gross amount. The comment of each function states whether the function uses the sign. */
  amount: Money;
  /** Whether an amount of zero is outgoing, because zero has no sign. Default: false, i.e. incoming. */
  isZeroOutgoing?: boolean;
  /** The status of the row. Default: the status of a completed movement of this kind. */
  status?: TransactionStatus | undefined;
  /** The PSP's id of the counterparty: the beneficiary of a payout, or the payer of a pay-in. */
  counterpartyId?: string | undefined;
  /** The payment scheme in the PSP's spelling. */
  scheme?: string | undefined;
  /** The idempotency key of the order that this movement executes, see `Transaction.orderKey`. */
  orderKey?: string | undefined;
  /** Data of the PSP for reconciliation, see `RowDetails`. */
  details?: RowDetails | undefined;
  /** The PSP's own properties. Their keys begin with `com.<psp>.spec/`. */
  metadata?: Metadata | undefined;
}

/**
 * Builds the row of an incoming payment (amount > 0, type PAYIN) or of a payout (amount < 0, type PAYOUT). The amount of the row has no
 * sign.
 */
export function toPayment(fields: MovementFields): Transaction {
  const isOutgoing = isOutgoingMovement(fields);
  return {
    ...toCommonFields(fields, isOutgoing ? 'payout' : 'payment'),
    type: isOutgoing ? 'PAYOUT' : 'PAYIN',
    ...setAccountsByDirection(fields, isOutgoing),
  };
}

/**
 * Builds the row of a movement that is neither a payment nor a transfer: interest, tax, an adjustment by the PSP. The type of the row is
 * OTHER. The sign of the amount shows the direction.
 */
export function toOtherMovement(fields: MovementFields, movement: Movement = 'other'): Transaction {
  return {
    ...toCommonFields(fields, movement),
    type: 'OTHER',
    ...setAccountsByDirection(fields, isOutgoingMovement(fields)),
  };
}

/** Returns whether the money leaves the account. The direction of an amount of zero is `isZeroOutgoing`. */
export function isOutgoingMovement({ amount: { amount }, isZeroOutgoing = false }: MovementFields): boolean {
  return amount < 0n || (amount === 0n && isZeroOutgoing);
}

/** Returns the properties that all transactions of this folder share. The status is SUCCEEDED unless `fields` contains another status. */
export function toCommonFields(
  fields: MovementFields,
  movement: Movement,
): Omit<Transaction, 'type' | 'sourceAccountId' | 'destinationAccountId'> {
  const { id, createdAt, updatedAt, amount, status = 'SUCCEEDED', scheme, orderKey } = fields;
  return {
    id,
    createdAt,
    ...(updatedAt !== undefined && { updatedAt }),
    ...(orderKey !== undefined && { orderKey }),
    ...(scheme !== undefined && { scheme }),
    status,
    amount: { amount: amount.amount < 0n ? -amount.amount : amount.amount, asset: amount.asset },
    metadata: { ...fields.metadata, ...createCommonMetadata(createDetails(fields, movement), amount.asset) },
  };
}

/** Adds the kind of movement to the details of the PSP. A kind that the plugin has set overrides the given kind. */
function createDetails({ details }: MovementFields, movement: Movement): RowDetails {
  return { ...details, movement: details?.movement ?? movement };
}

/** Returns the source and the destination of a row: the own account and the counterparty, depending on the direction. */
export function setAccountsByDirection(
  { accountId, counterpartyId }: Pick<MovementFields, 'accountId' | 'counterpartyId'>,
  isOutgoing: boolean,
): Pick<Transaction, 'sourceAccountId' | 'destinationAccountId'> {
  const [sourceAccountId, destinationAccountId] = isOutgoing
    ? [accountId, counterpartyId]
    : [counterpartyId, accountId];
  return {
    ...(sourceAccountId !== undefined && { sourceAccountId }),
    ...(destinationAccountId !== undefined && { destinationAccountId }),
  };
}
