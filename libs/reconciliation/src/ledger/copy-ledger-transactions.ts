/**
 * Copies the new transactions of a ledger into the store, in the sequence of their ids. An interrupted copy continues after its last stored
 * transaction.
 */
import type { ReconciliationRepository } from '@tributary/feed';
import { yieldToEventLoop } from '../runs/yield-to-event-loop.js';
import type { LedgerSource } from './ledger-source.js';

/** The position before the first transaction. It is -1, because ledgers of earlier Formance releases begin with the id 0. */
export const LEDGER_START = -1;

/**
 * Reads transactions until the ledger has no new ones, and stores them.
 * @returns the id of the newest transaction; `LEDGER_START` when there is none
 * @throws LedgerError when the ledger cannot be read. Transactions that were read before the error stay stored
 */
export async function copyLedgerTransactions(
  repository: ReconciliationRepository,
  source: LedgerSource,
): Promise<number> {
  let position = (await repository.findNewestLedgerId(source.name)) ?? LEDGER_START;
  for (;;) {
    const last = await copyPage(repository, source, position);
    if (last === undefined) return position;
    position = last;
    await yieldToEventLoop();
  }
}

/**
 * Reads and stores the next transactions.
 * @returns the id of the last one; `undefined` when there is none
 */
async function copyPage(
  repository: ReconciliationRepository,
  source: LedgerSource,
  position: number,
): Promise<number | undefined> {
  const transactions = await source.listTransactions(position);
  await repository.storeLedgerTransactions(source.name, transactions);
  return transactions.at(-1)?.id;
}
