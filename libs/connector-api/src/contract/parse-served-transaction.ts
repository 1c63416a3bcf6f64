/** Converts the JSON of a row of the transactions feed back to the form in which a plugin returns rows. */
import { decodeId } from '../id-encoding.js';
import type { Transaction } from '../record.types.js';

/** The properties of a served row, as `serializeTransaction` writes them. */
interface ServedTransaction extends Pick<Transaction, 'id' | 'createdAt' | 'type' | 'status' | 'metadata'> {
  relatedTransactionID?: string;
  amount: string;
  currency: string;
  scheme?: string;
  sourceAccountID?: string;
  destinationAccountID?: string;
}

/**
 * Returns the transaction of a served row. Its ids are those of the PSP. If the row belongs to an order, `relatedTransactionId` is the idempotency key of the order.
 * @param body the JSON of the row. It is not validated, because `serializeTransaction` wrote it
 */
export function parseServedTransaction(body: string): Transaction {
  const row = JSON.parse(body) as ServedTransaction;
  const { createdAt, type, status, scheme, metadata } = row;
  const relatedTransactionId = decodeOptionalId(row.relatedTransactionID);
  const sourceAccountId = decodeOptionalId(row.sourceAccountID);
  const destinationAccountId = decodeOptionalId(row.destinationAccountID);
  return {
    ...{ id: decodeId(row.id) ?? row.id, createdAt, type, status },
    amount: { amount: BigInt(row.amount), asset: row.currency },
    ...(relatedTransactionId !== undefined && { relatedTransactionId }),
    ...(scheme !== undefined && { scheme }),
    ...(sourceAccountId !== undefined && { sourceAccountId }),
    ...(destinationAccountId !== undefined && { destinationAccountId }),
    ...(metadata !== undefined && { metadata }),
  };
}

function decodeOptionalId(id: string | undefined): string | undefined {
  return id === undefined ? undefined : (decodeId(id) ?? id);
}
