/** A ledger in memory, for tests. It returns transactions and balances like a Formance Ledger. A test can make its calls fail. */
import type { LedgerPosting, LedgerTransaction } from '@tributary/feed';
import { LedgerError, type LedgerSource } from '../ledger/ledger-source.js';

const PAGE_SIZE = 500;

export class MemoryLedger implements LedgerSource {
  readonly transactions: LedgerTransaction[] = [];
  /** The message of the error that each call throws; `undefined` if the calls succeed. */
  failure: string | undefined;

  constructor(readonly name = 'memory/main') {}

  /**
   * Books a transaction.
   * @returns the id of the transaction
   */
  book(
    postings: readonly (Omit<LedgerPosting, 'amount'> & { amount: bigint })[],
    {
      reference,
      metadata = {},
      at = 0,
    }: { reference?: string; metadata?: Record<string, string>; at?: number } = {},
  ): number {
    const id = this.transactions.length + 1;
    const stored = postings.map((posting) => ({ ...posting, amount: posting.amount.toString() }));
    this.transactions.push({ id, at, reference, metadata, postings: stored });
    return id;
  }

  /** Books the reversal of a transaction, as `POST /transactions/{id}/revert` does. */
  revert(id: number, at = 0): number {
    const reverted = this.transactions[id - 1];
    if (!reverted) throw new Error(`the ledger has no transaction ${id}`);
    const postings = reverted.postings.map(({ source, destination, asset, amount }) => ({
      ...{ source: destination, destination: source, asset, amount: BigInt(amount) },
    }));
    return this.book(postings, { metadata: { 'com.formance.spec/state/reverts': String(id) }, at });
  }

  async listTransactions(afterId: number): Promise<LedgerTransaction[]> {
    this.fail();
    return this.transactions.slice(Math.max(0, afterId), Math.max(0, afterId) + PAGE_SIZE);
  }

  async getBalances(address: string): Promise<ReadonlyMap<string, bigint>> {
    this.fail();
    const balances = new Map<string, bigint>();
    const add = (asset: string, amount: bigint) => balances.set(asset, (balances.get(asset) ?? 0n) + amount);
    for (const { postings } of this.transactions)
      for (const { source, destination, asset, amount } of postings) {
        if (source === address) add(asset, -BigInt(amount));
        if (destination === address) add(asset, BigInt(amount));
      }
    return balances;
  }

  private fail(): void {
    if (this.failure !== undefined) throw new LedgerError(this.failure);
  }
}
