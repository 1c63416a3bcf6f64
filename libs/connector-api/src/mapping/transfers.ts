/** Builds rows of money that moves between the tenant's own accounts, in one currency or between two currencies. */
import type { Money } from '../money.js';
import type { Transaction } from '../record.types.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { negateMoney, toAbsoluteMoney } from './money-from-minor-units.js';
import { toCommonFields, toPayment } from './movements.js';
import type { MovementFields } from './movements.js';

/** The fields of a transfer. `accountId` is the account that pays. */
export interface TransferFields extends Omit<MovementFields, 'counterpartyId'> {
  /** The PSP's id of the own account that receives the money. */
  toAccountId: string;
}

/** Builds the row of a transfer between two accounts of the tenant. */
export function toTransfer({ toAccountId, ...fields }: TransferFields): Transaction {
  return {
    ...toCommonFields(fields, 'transfer'),
    type: 'TRANSFER',
    sourceAccountId: fields.accountId,
    destinationAccountId: toAccountId,
  };
}

/**
 * Returns the row of a payout as a transfer if the payout goes into another account of the tenant, so that it changes the balances of both accounts. Any other row stays as
 * it is.
 * @param ownAccountIds the PSP's ids of the accounts that a payout can go into
 */
export function toTransferIfOwn(
  row: Transaction,
  ownAccountIds: readonly (string | undefined)[],
): Transaction {
  const { type, destinationAccountId } = row;
  if (
    type !== 'PAYOUT' ||
    destinationAccountId === undefined ||
    !ownAccountIds.includes(destinationAccountId)
  )
    return row;
  return {
    ...row,
    type: 'TRANSFER',
    metadata: { ...row.metadata, [`${COMMON_METADATA_PREFIX}movement`]: 'transfer' },
  };
}

/** The fields of a conversion. `accountId` is the account that paid, and `amount` is the sold money. */
export interface ConversionFields extends Omit<MovementFields, 'counterpartyId'> {
  /** The bought money, and the own account that received it. This account can be the account that paid. */
  bought: { id: string; accountId: string; amount: Money };
}

/**
 * Builds the two rows of a conversion. Each asset has its own row, because a row has only one asset. Each row contains the id of the other
 * row in `com.tributary.spec/related_id`. The rows are not linked by `relatedTransactionId`, because clients would merge two rows of the
 * same type into one payment.
 */
export function toConversion({ bought, ...fields }: ConversionFields): [Transaction, Transaction] {
  const sale = { ...fields, details: { relatedId: bought.id, ...fields.details } };
  const purchase: MovementFields = {
    ...fields,
    orderKey: undefined,
    ...bought,
    details: { original: toAbsoluteMoney(fields.amount), ...fields.details, relatedId: fields.id },
  };
  return [
    { ...toCommonFields(sale, 'conversion'), type: 'TRANSFER', sourceAccountId: fields.accountId },
    { ...toCommonFields(purchase, 'conversion'), type: 'TRANSFER', destinationAccountId: bought.accountId },
  ];
}

/**
 * Builds the rows of a payout in another currency than that of its account: the two rows of the conversion, `<payout>.sold` and
 * `<payout>.bought`, and the payout in the currency that the recipient gets. The payout contains the amount before its conversion.
 * @param payout the fields of the payout. `amount` is the money that the account sold; its sign does not matter
 * @param paid what the recipient gets, without a sign
 */
export function toConvertedPayout(payout: MovementFields, paid: Money): Transaction[] {
  const { id, createdAt, accountId, amount, metadata } = payout;
  const bought = { id: `${id}.bought`, accountId, amount: paid };
  const details = { ...payout.details, original: toAbsoluteMoney(amount) };
  return [
    ...toConversion({ id: `${id}.sold`, createdAt, accountId, amount, bought, metadata }),
    toPayment({ ...payout, amount: negateMoney(paid), isZeroOutgoing: true, details }),
  ];
}
