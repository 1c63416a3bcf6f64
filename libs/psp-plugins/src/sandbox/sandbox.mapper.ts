/** Converts a transaction of the simulated PSP to a row. */
import {
  applyDirection,
  createPspMetadata,
  negateMoney,
  parseMoney,
  readText,
  toFee,
  toPayment,
  toPayoutReturn,
  toRefund,
  toReversal,
  toTransfer,
  translateWord,
} from '@tributary/connector-api';
import type { MovementFields, Transaction } from '@tributary/connector-api';
import type { Json } from '@tributary/connector-api/http';
import {
  PLUGIN_NAME,
  RETURNED_STATE,
  TRANSACTION_KINDS,
  TRANSACTION_STATUSES,
} from './sandbox.vocabulary.js';

/**
 * Converts a transaction.
 * @throws InvalidRecordError with the name of the invalid property
 */
export function toTransaction(row: Json): Transaction {
  return row.optionalString('state') === RETURNED_STATE ? toReturn(row) : toMovement(row);
}

function toMovement(row: Json): Transaction {
  switch (row.oneOf(TRANSACTION_KINDS, 'kind')) {
    case 'payin':
      return toPayment(readFields(row, 'to', 'from'));
    case 'payout': {
      const fields = readFields(row, 'from', 'to');
      return toPayment({ ...fields, amount: negateMoney(fields.amount), isZeroOutgoing: true });
    }
    case 'transfer':
      return toTransfer({ ...readFields(row, 'from'), toAccountId: row.string('to') });
    case 'fee':
      return toFee(readFields(row, 'from'), row.optionalString('original'));
  }
}

/** Converts a transaction whose money moves in the opposite direction of an earlier payment, payout or transfer. */
function toReturn(row: Json): Transaction {
  const original = row.optionalString('original');
  const returned = toLinkedReturn(row, original ?? '');
  // The response does not contain the id of the original if the original is older than the PSP's history. The row is then not linked.
  return original === undefined ? { ...returned, relatedTransactionId: undefined } : returned;
}

function toLinkedReturn(row: Json, id: string): Transaction {
  switch (row.oneOf(['payin', 'payout', 'transfer'], 'kind')) {
    case 'payin':
      return toRefund({ id, type: 'PAYIN' }, readFields(row, 'from', 'to'));
    case 'payout':
      return toPayoutReturn({ id, type: 'PAYOUT' }, readFields(row, 'to', 'from'));
    case 'transfer':
      return toReversal({ id, type: 'TRANSFER' }, readFields(row, 'to', 'from'));
  }
}

/**
 * Reads the properties that all rows have.
 * @param accountProperty the property with the own account whose balance changes
 * @param counterpartyProperty the property with the counterparty
 */
function readFields(
  row: Json,
  accountProperty: 'from' | 'to',
  counterpartyProperty?: 'from' | 'to',
): MovementFields {
  const reference = readText(row, 'reference');
  return {
    id: row.string('id'),
    orderKey: row.optionalString('key'),
    createdAt: row.string('created'),
    status: translateWord(TRANSACTION_STATUSES, row, 'state'),
    // The PSP sends amounts without a sign, so a negative amount is an error.
    amount: applyDirection(parseMoney(row.string('amount'), row.string('currency')), true, 'kind'),
    scheme: row.optionalString('scheme'),
    accountId: row.string(accountProperty),
    counterpartyId: counterpartyProperty && row.optionalString(counterpartyProperty),
    details: { reference },
    metadata: createPspMetadata(PLUGIN_NAME, { reference, state: readText(row, 'state') }),
  };
}
