/**
 * Handles rows that can be reversed and restored several times, e.g. a payment that is charged back, paid out once more and charged back
 * again, or a payout that is returned twice. The PSP has no id for each of these movements, so their rows are numbered:
 * `pay_1.charged_back`, `pay_1.charged_back.2`.
 */
import type { FeedReader, StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { reverseRow } from './refunds-and-disputes.js';

/** The maximum number of numbered rows of one kind for one object, i.e. how many times the object can be reversed or restored. */
const MAX_REPEATS = 5;

/** The settlement that contains a row: its id and its time. */
export interface SettlementReference {
  /** The PSP's id of the settlement, as in `RowDetails.settlement`. */
  id: string;
  /** The time of the settlement in RFC 3339, as in `RowDetails.bookedAt`. */
  createdAt: string;
}

interface KnownRow {
  settlement: string | undefined;
  /** The time of the booking in milliseconds since 1970, or 0 if the row has no `bookedAt`. */
  bookedAt: number;
}

/** Formats the id of the n-th movement of one kind: `('pay_1.charged_back', 2)` → `pay_1.charged_back.2`. */
export function formatNumberedId(id: string, number: number): string {
  return number === 1 ? id : `${id}.${number}`;
}

/** The rows that were already served, and the rows that the plugin has built since then. */
export class RowHistory {
  private readonly rows = new Map<string, KnownRow>();

  constructor(private readonly feedReader: FeedReader) {}

  /** Reads the rows with these ids from the feed. If a row is found, its numbered rows (`<id>.2`, `<id>.3` …) are read, too. */
  async load(ids: readonly string[]): Promise<void> {
    const found = await this.read(ids);
    await this.read(found.flatMap(listNumberedIds));
  }

  has(id: string): boolean {
    return this.rows.has(id);
  }

  /**
   * Adds rows that the plugin has built.
   * @returns the same rows
   */
  add(rows: Transaction[]): Transaction[] {
    for (const { id, metadata = {} } of rows) this.rows.set(id, toKnownRow(metadata));
    return rows;
  }

  /** Returns the id under which the row for this settlement was already served, or else the next free id. */
  assignId(base: string, settlement: SettlementReference): string {
    const isFree = (id: string) => !this.has(id) || this.rows.get(id)?.settlement === settlement.id;
    return listNumberedIds(base).find(isFree) ?? `${base}.${settlement.id}`;
  }

  /**
   * Finds the row that last reversed a payment before a settlement. If the payment was restored since then, the result is `undefined`.
   * @param reversals the ids of the rows that reverse the payment, without numbers
   * @param restoration the id of the rows that restore the payment, without a number
   */
  findOpenReversal(
    reversals: readonly string[],
    restoration: string,
    settlement: SettlementReference,
  ): string | undefined {
    const reversed = reversals
      .flatMap((base) => this.listBefore(base, settlement).map(({ bookedAt }) => ({ base, bookedAt })))
      .toSorted((a, b) => b.bookedAt - a.bookedAt);
    return reversed.length > this.listBefore(restoration, settlement).length ? reversed[0]?.base : undefined;
  }

  private listBefore(base: string, { id, createdAt }: SettlementReference): KnownRow[] {
    return listNumberedIds(base)
      .map((rowId) => this.rows.get(rowId))
      .filter((row) => row !== undefined)
      .filter(({ settlement, bookedAt }) => settlement !== id && bookedAt <= Date.parse(createdAt));
  }

  private async read(ids: readonly string[]): Promise<string[]> {
    const unknown = [...new Set(ids)].filter((id) => !this.has(id));
    if (unknown.length > 0)
      for (const [id, { metadata }] of await this.feedReader.findLatest('transactions', unknown))
        this.rows.set(id, toKnownRow(metadata));
    return ids.filter((id) => this.has(id));
  }
}

function listNumberedIds(base: string): string[] {
  return Array.from({ length: MAX_REPEATS }, (_, index) => formatNumberedId(base, index + 1));
}

function toKnownRow(metadata: StoredRecord['metadata'] | NonNullable<Transaction['metadata']>): KnownRow {
  const bookedAt = Date.parse(metadata[`${COMMON_METADATA_PREFIX}booked_at`] ?? '');
  return {
    settlement: metadata[`${COMMON_METADATA_PREFIX}settlement`],
    bookedAt: Number.isNaN(bookedAt) ? 0 : bookedAt,
  };
}

/**
 * Returns the rows of a payout that a PSP can return and send again under the same id. Once the payout was sent, its row keeps the status
 * SUCCEEDED. The rows `<payout>.returned` and `<payout>.resent` move the money back and out again.
 * @param state `pending` if the payout is not sent yet, or is to be sent again
 * @param history the rows that were served before; the function loads the rows of this payout
 */
export async function toReturnedPayout(
  payout: Transaction,
  state: 'pending' | 'sent' | 'returned',
  history: RowHistory,
): Promise<Transaction[]> {
  const [returns, resends] = [`${payout.id}.returned`, `${payout.id}.resent`];
  await history.load([returns, resends]);
  const resentCount = listNumberedIds(resends).findIndex((id) => !history.has(id));
  const open = resentCount === -1 ? MAX_REPEATS : resentCount + 1;
  const [returnId, resentId] = [formatNumberedId(returns, open), formatNumberedId(resends, open)];
  const sent: Transaction = { ...payout, status: 'SUCCEEDED' };
  const returned = reverseRow(sent, returnId);
  if (state === 'returned') return [sent, ...history.add([returned])];
  if (!history.has(returnId)) return [open === 1 ? payout : sent];
  return state === 'sent' ? [sent, ...history.add([reverseRow(returned, resentId)])] : [sent];
}
