/** Rows of payments, payouts and other movements, and the fields that every function of this folder needs to build a row. */
import type { Money } from '../money.js';
import type { Metadata, Transaction, TransactionStatus } from '../record.types.js';
import type { Movement } from './movement-kinds.js';
import { createCommonMetadata } from './common-metadata.js';
import type { RowDetails } from './common-metadata.js';

/** The fields of a row that a plugin reads from the PSP's object. */
export interface MovementFields {
  /** The PSP's own id of the movement, or an id that the plugin derives from it: `<payment>-fee`. */
  id: string;
  /** RFC 3339. The same in every version of the row. */
  createdAt: string;
  /** RFC 3339. Default: `createdAt`. */
  updatedAt?: string | undefined;
  /** The PSP's id of the own account whose balance changes. */
  accountId: string;
  /** Gross amount. Each function says whether it reads the sign. */
  amount: Money;
  /** The direction of an amount of zero, whose sign says nothing. Default: it came in. */
  isZeroOutgoing?: boolean;
  /** Default: the status that the movement has when it is complete. */
  status?: TransactionStatus | undefined;
  /** The PSP's id of the other side: the beneficiary of a payout, the payer of a pay-in. */
  counterpartyId?: string | undefined;
  /** The payment scheme in the PSP's words. */
  scheme?: string | undefined;
  /** See `Transaction.orderKey`. */
  orderKey?: string | undefined;
  /** What the PSP says for reconciliation, see `RowDetails`. */
  details?: RowDetails | undefined;
  /** The PSP's own members, under `com.<psp>.spec/`. */
  metadata?: Metadata | undefined;
}

/**
 * Builds the row of a payment that came in (amount > 0, type PAYIN) or of a payout (amount < 0, type PAYOUT). The row has the amount
 * without its sign.
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
 * Builds the row of a movement that is neither a payment nor a transfer: interest, tax, an adjustment by the PSP. Its type is OTHER, and
 * the sign of the amount is its direction.
 */
export function toOtherMovement(fields: MovementFields, movement: Movement = 'other'): Transaction {
  return {
    ...toCommonFields(fields, movement),
    type: 'OTHER',
    ...setAccountsByDirection(fields, isOutgoingMovement(fields)),
  };
}

function isOutgoingMovement({ amount: { amount }, isZeroOutgoing = false }: MovementFields): boolean {
  return amount < 0n || (amount === 0n && isZeroOutgoing);
}

/** The properties that all transactions of this folder have in common. The status is SUCCEEDED unless the fields have one. */
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

/** A plugin may know the kind of movement better than the function that builds the row. */
function createDetails({ details }: MovementFields, movement: Movement): RowDetails {
  return { ...details, movement: details?.movement ?? movement };
}

/** Places the own account and the counterparty as source and destination. */
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
