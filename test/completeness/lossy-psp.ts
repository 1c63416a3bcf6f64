/**
 * A PSP with journals that list the newest row first, and a plugin for this PSP. The plugin contains a protection against each kind of
 * loss. A test can remove a protection. The plugin then loses rows permanently, because its cursor moves past them.
 */
import {
  PspError,
  type Account,
  type Balances,
  type Page,
  type PspClient,
  type RejectedRecord,
  type Transaction,
} from '@tributary/connector-api';

/** A fault in the next response of the PSP, or a protection that the plugin lacks. */
export type Loss =
  | 'short-page'
  | 'empty-success'
  | 'loop'
  | 'bad-source'
  | 'malformed-row'
  | 'metadata-refuses-row'
  | 'sign-of-return'
  | 'paid-but-failed'
  | 'dropped-fee'
  | 'unknown-state'
  | 'second-row'
  | 'hidden-account'
  | 'other-currency';

interface JournalRow {
  number: number;
  at: number;
  amount: bigint;
}

interface ListResponse {
  rows?: JournalRow[];
  /** The number of the row with which the next page begins. */
  next?: number | undefined;
}

const PAGE_SIZE = 10;
const ACCOUNTS = ['main', 'savings'];
/** The number of the malformed row, which is a payout. */
const MALFORMED_ROW = 35;
/** The number of the row of a returned payout, which brings money back. */
const RETURNED_ROW = 36;

/** The statuses that a plugin with a mistake gives to a completed payout: it trusts an error, or it does not know the PSP's word. */
const WRONG_STATUSES: Readonly<Record<string, 'FAILED' | 'OTHER'>> = {
  'paid-but-failed': 'FAILED',
  'unknown-state': 'OTHER',
};

export class LossyPsp implements PspClient {
  private readonly journals = new Map<string, JournalRow[]>(ACCOUNTS.map((id) => [id, []]));
  /** The fault of the next listing. */
  private fault: Loss | undefined;
  /** The loss against which the plugin has no protection now. */
  private missingMend: Loss | undefined;
  /** True if the fault stays for the listings after the next listing. */
  keepsFault = false;
  /** The amount in minor units that is added to each balance, so that the balances are wrong. */
  balanceError = 0n;
  hasBalances = true;
  /** True if the listings contain a refund that is not in the balance, and whose original is not in the listings. */
  hasUnbookedRefund = false;
  private changedRow: number | undefined;
  /** The number of listings that started from the beginning. */
  fullListings = 0;

  constructor(private readonly clock: () => number) {}

  book(account: string, count: number): void {
    const journal = this.journals.get(account)!;
    for (let added = 0; added < count; added++) {
      const number = journal.length;
      journal.push({
        number,
        at: this.clock() - 1_000,
        amount: number % 3 === 2 ? -BigInt(50 + number) : BigInt(100 + number),
      });
    }
  }

  bookAmount(account: string, amount: bigint): void {
    const journal = this.journals.get(account)!;
    journal.push({ number: journal.length, at: this.clock() - 1_000, amount });
  }

  /**
   * Sets the fault of the next listing.
   * @param hasMend true if the plugin handles the fault correctly
   */
  injectFault(loss: Loss, hasMend: boolean): void {
    this.fault = loss;
    this.missingMend = hasMend ? undefined : loss;
  }

  /** Repairs the malformed row at the PSP. The PSP lists the row again as a changed row. */
  repairRow(): void {
    this.fault = undefined;
    this.keepsFault = false;
    this.changedRow = MALFORMED_ROW;
  }

  async *accounts(): AsyncGenerator<Page<Account>> {
    const at = new Date(this.clock()).toISOString();
    const balances = ACCOUNTS.map((accountId): Balances => {
      const sum = this.journals
        .get(accountId)!
        .reduce((total, { amount }) => total + amount, this.balanceError);
      return { accountId, at, amounts: [{ amount: sum, asset: 'EUR/2' }] };
    });
    // The mistake is that one invalid property makes the plugin leave out the whole account.
    const isListed = (id: string) => id === 'main' || this.missingMend !== 'hidden-account';
    yield {
      items: ACCOUNTS.filter(isListed).map((id) => ({ id, name: id })),
      ...(this.hasBalances && { balances: balances.filter(({ accountId }) => isListed(accountId)) }),
      cursor: 'all',
    };
  }

  async *transactions(since?: string): AsyncGenerator<Page<Transaction>> {
    const covered = JSON.parse(since ?? '{}') as Record<string, number>;
    if (since === undefined) this.fullListings++;
    if (this.changedRow !== undefined) {
      const row = this.journals.get('savings')![this.changedRow]!;
      this.changedRow = undefined;
      yield { items: [this.toItem('savings', row)], cursor: JSON.stringify(covered) };
    }
    if (this.hasUnbookedRefund)
      yield {
        items: [
          {
            ...{ id: 'refund', createdAt: new Date(this.clock() - 1_000).toISOString(), type: 'PAYIN' },
            ...{ status: 'REFUNDED', amount: { amount: 5n, asset: 'EUR/2' }, sourceAccountId: 'savings' },
            relatedTransactionId: 'unlisted',
          },
        ],
        cursor: JSON.stringify(covered),
      };
    try {
      for (const account of ACCOUNTS) {
        const rows = this.walk(account, covered[account] ?? 0);
        if (rows.length === 0) continue;
        covered[account] = Math.max(covered[account] ?? 0, rows[0]!.number + 1);
        yield {
          items: rows.reverse().flatMap((row) => this.toItems(account, row)),
          cursor: JSON.stringify(covered),
        };
      }
    } finally {
      if (!this.keepsFault) this.fault = undefined;
    }
  }

  /** Reads a journal from its newest row to the rows that were already read. */
  private walk(account: string, covered: number): JournalRow[] {
    const rows: JournalRow[] = [];
    let next: number | undefined = this.journals.get(account)!.length;
    while (next !== undefined && next > covered) {
      let page: ListResponse;
      try {
        page = this.list(account, next, rows.length > 0);
      } catch (error) {
        if (this.missingMend !== 'bad-source') throw error;
        // The mistake is that the plugin treats the rows that it has read as the whole journal.
        break;
      }
      if (page.rows === undefined && this.missingMend !== 'empty-success')
        throw new PspError('unavailable', 'the response has no rows');
      if (page.next === next && this.missingMend !== 'loop')
        throw new PspError('unavailable', 'the next page leads to itself');
      rows.push(...(page.rows ?? []).filter(({ number }) => number >= covered));
      const isShort = (page.rows ?? []).length < PAGE_SIZE;
      if (page.next === next || (isShort && this.missingMend === 'short-page')) break;
      next = page.next;
    }
    return rows;
  }

  /** Simulates `GET /journals/{account}`, which returns at most ten rows below a number, newest row first. */
  private list(account: string, below: number, isLaterPage: boolean): ListResponse {
    const hasFault = isLaterPage && account === 'savings';
    if (hasFault && this.fault === 'empty-success') return {};
    if (hasFault && this.fault === 'loop') return { rows: [], next: below };
    if (hasFault && this.fault === 'bad-source')
      throw new PspError('unavailable', 'this journal is not available');
    const size = hasFault && this.fault === 'short-page' ? 4 : PAGE_SIZE;
    const from = Math.max(0, below - size);
    const rows = this.journals.get(account)!.slice(from, below).reverse();
    return { rows, next: from > 0 ? from : undefined };
  }

  private toItems(account: string, row: JournalRow): (Transaction | RejectedRecord)[] {
    const item = this.toItem(account, row);
    if (!this.isFaulty(account, row, MALFORMED_ROW)) return [item];
    if (this.missingMend === 'dropped-fee') return [];
    // The mistake is that the plugin does not recognise a payment that it knows under another id, e.g. the payment of an order.
    if (this.missingMend === 'second-row') return [item, { ...item, id: `${item.id}-again` }];
    return [item];
  }

  private isFaulty(account: string, { number }: JournalRow, faultyNumber: number): boolean {
    return this.fault !== undefined && account === 'savings' && number === faultyNumber;
  }

  private toItem(account: string, row: JournalRow): Transaction | RejectedRecord {
    const { number, at, amount } = row;
    const id = `${account}-${number}`;
    const isFaulty = this.isFaulty(account, row, MALFORMED_ROW);
    if (isFaulty && this.fault === 'malformed-row')
      return { id, reason: 'amount: expected a decimal number, found nothing' };
    if (isFaulty && this.missingMend === 'metadata-refuses-row')
      return { id, reason: 'metadata "note" is an object, expected a string' };
    if (this.fault === 'sign-of-return' && this.isFaulty(account, row, RETURNED_ROW))
      return this.toReturn(account, row);
    // The mistake is that the plugin uses the currency of the opening balance for the rows, although the closing balance has another
    // currency.
    const hasWrongAsset = isFaulty && this.missingMend === 'other-currency';
    const status = (isFaulty && WRONG_STATUSES[this.missingMend ?? '']) || 'SUCCEEDED';
    return {
      id,
      ...{ createdAt: new Date(at).toISOString(), status },
      amount: { amount: amount < 0n ? -amount : amount, asset: hasWrongAsset ? 'MUR/2' : 'EUR/2' },
      ...(amount < 0n
        ? { type: 'PAYOUT', sourceAccountId: account }
        : { type: 'PAYIN', destinationAccountId: account }),
    };
  }

  /** Maps a returned payout, whose money came back. The mistake is that the plugin maps it as another payment from the own account. */
  private toReturn(account: string, { number, at, amount }: JournalRow): Transaction {
    return {
      ...{ id: `${account}-${number}`, createdAt: new Date(at).toISOString() },
      ...{ type: 'PAYOUT', status: 'REFUNDED', amount: { amount, asset: 'EUR/2' } },
      ...(this.missingMend === 'sign-of-return'
        ? { sourceAccountId: account }
        : { destinationAccountId: account }),
    };
  }
}
