/**
 * Handles rows that can be reversed and restored several times, e.g. a payment that is charged back, paid out once more and charged back
 * again, or a payout that is returned twice. The PSP has no id for each of these movements, so their rows are numbered:
 * `pay_1.charged_back`, `pay_1.charged_back.2`.
 */
import type { FeedReader, RejectedRecord, StoredRecord } from '../plugin.js';
import type { Transaction } from '../record.types.js';
import { COMMON_METADATA_PREFIX } from './common-metadata.js';
import { convertValidRecords } from './parse-rows.js';
import { reverseRow } from './refunds-and-disputes.js';

/** The number of numbered rows of one kind that are read at once. Objects that were reversed or restored more often are rare. */
const INITIAL_REPEATS = 5;
/** The maximum number of numbered rows of one kind for one object. It limits the requests to the feed. */
const MAX_REPEATS = 1_280;

/** The settlement that contains a row: its id and its time. */
export interface SettlementReference {
  /** The PSP's id of the settlement, as in `RowDetails.settlement`. */
  id: string;
  /** The time of the settlement in RFC 3339, as in `RowDetails.bookedAt`. */
  createdAt: string;
}

interface KnownRow {
  /** The `TransactionStatus`. */
  status: string | undefined;
  settlement: string | undefined;
  /** The time of the booking in milliseconds since 1970, or 0 if the row has no `bookedAt`. */
  bookedAt: number;
  /** The whole row. Absent if the feed reader returns metadata only. */
  row?: Transaction | undefined;
}

/** Formats the id of the n-th movement of one kind: `('pay_1.charged_back', 2)` → `pay_1.charged_back.2`. */
export function formatNumberedId(id: string, number: number): string {
  return number === 1 ? id : `${id}.${number}`;
}

/** The rows that were already served, and the rows that the plugin has built since then. */
export class RowHistory {
  private readonly rows = new Map<string, KnownRow>();
  /** The ids that were read from the feed, also those that it does not contain. */
  private readonly requested = new Set<string>();
  /** How many numbered rows of one kind are considered. It grows if an object has more. */
  private repeats = INITIAL_REPEATS;

  constructor(private readonly feedReader: FeedReader) {}

  /** Reads the rows with these ids from the feed. If a row is found, its numbered rows (`<id>.2`, `<id>.3` …) are read, too. */
  async load(ids: readonly string[]): Promise<void> {
    const found = await this.read(ids);
    await this.read(found.flatMap((id) => this.listNumberedIds(id)));
    while (found.some((id) => this.isFull(id))) {
      this.repeats *= 2;
      await this.read(found.flatMap((id) => this.listNumberedIds(id)));
    }
  }

  /** Returns the number of rows of a kind: of `po_1.returned`, `po_1.returned.2` … */
  countNumbered(base: string): number {
    const free = this.listNumberedIds(base).findIndex((id) => !this.has(id));
    return free === -1 ? this.repeats : free;
  }

  /** Returns the status of a row; `undefined` if it is not known. */
  getStatus(id: string): string | undefined {
    return this.rows.get(id)?.status;
  }

  /** Returns the PSP's id of the settlement that contains a row; `undefined` if it is not known. */
  getSettlement(id: string): string | undefined {
    return this.rows.get(id)?.settlement;
  }

  /** Returns a row as it was served or built last; `undefined` if it is not known. */
  getRow(id: string): Transaction | undefined {
    return this.rows.get(id)?.row;
  }

  private isFull(base: string): boolean {
    return this.repeats < MAX_REPEATS && this.countNumbered(base) === this.repeats;
  }

  private listNumberedIds(base: string): string[] {
    return Array.from({ length: this.repeats }, (_, index) => formatNumberedId(base, index + 1));
  }

  has(id: string): boolean {
    return this.rows.has(id);
  }

  /**
   * Adds rows that the plugin has built.
   * @returns the same rows
   */
  add(rows: Transaction[]): Transaction[] {
    for (const row of rows) {
      const { id, status, metadata = {} } = row;
      this.rows.set(id, { ...toKnownRow(status, metadata), row });
    }
    // There is always a free number.
    while (rows.some(({ id }) => this.isFull(id.replace(/\.\d+$/, '')))) this.repeats *= 2;
    return rows;
  }

  /** Returns the id under which the row for this settlement was already served, or else the next free id. */
  assignId(base: string, settlement: SettlementReference): string {
    const isFree = (id: string) => !this.has(id) || this.rows.get(id)?.settlement === settlement.id;
    return this.listNumberedIds(base).find(isFree) ?? `${base}.${settlement.id}`;
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
    return this.listNumberedIds(base)
      .map((rowId) => this.rows.get(rowId))
      .filter((row) => row !== undefined)
      .filter(({ settlement, bookedAt }) => settlement !== id && bookedAt <= Date.parse(createdAt));
  }

  private async read(ids: readonly string[]): Promise<string[]> {
    const unknown = [...new Set(ids)].filter((id) => !this.has(id) && !this.requested.has(id));
    for (const id of unknown) this.requested.add(id);
    if (unknown.length > 0)
      for (const [id, stored] of await this.feedReader.findLatest('transactions', unknown)) {
        const { status, metadata, transaction } = stored;
        this.rows.set(id, { ...toKnownRow(status, metadata), row: transaction });
      }
    return ids.filter((id) => this.has(id));
  }
}

function toKnownRow(
  status: string | undefined,
  metadata: StoredRecord['metadata'] | NonNullable<Transaction['metadata']>,
): KnownRow {
  const bookedAt = Date.parse(metadata[`${COMMON_METADATA_PREFIX}booked_at`] ?? '');
  return {
    status,
    settlement: metadata[`${COMMON_METADATA_PREFIX}settlement`],
    bookedAt: Number.isNaN(bookedAt) ? 0 : bookedAt,
  };
}

/** Whether the money of a payout left. `pending`: it is not sent yet, or is to be sent again. */
export type PayoutState = 'pending' | 'sent' | 'returned';

/**
 * Returns the rows of a payout that a PSP can return and send again under the same id. Once the payout was sent, its row keeps the status
 * SUCCEEDED. The rows `<payout>.returned` and `<payout>.resent` move the money back and out again.
 * @param history the rows that were served before; the function loads the rows of this payout
 */
export async function toReturnedPayout(
  payout: Transaction,
  state: PayoutState,
  history: RowHistory,
): Promise<Transaction[]> {
  const rows = await moveBackAndForth(
    { ...payout, status: 'SUCCEEDED' },
    state,
    history,
    getPayoutRowIds(payout.id),
  );
  return rows.length > 0 ? rows : [payout];
}

/**
 * Replaces the row of each payout by its rows, see `toReturnedPayout`. Other rows and rejected records stay as they are. The row of a payout names
 * itself as its settlement. It has the status SUCCEEDED if the payout was sent, and REFUNDED if it was returned.
 */
export async function toReturnedPayouts(
  records: readonly (Transaction | RejectedRecord)[],
  feedReader: FeedReader,
): Promise<(Transaction | RejectedRecord)[]> {
  return convertWithHistory<Transaction>(
    records,
    feedReader,
    (row) => (isPayoutRow(row) ? listIds(getPayoutRowIds(row.id)) : []),
    async (row, history) => (isPayoutRow(row) ? toReturnedPayout(row, getPayoutState(row), history) : [row]),
  );
}

function getPayoutRowIds(id: string): NumberedRowIds {
  return { back: `${id}.returned`, again: `${id}.resent` };
}

function isPayoutRow({ id, metadata = {} }: Transaction): boolean {
  return metadata[`${COMMON_METADATA_PREFIX}settlement`] === id;
}

function getPayoutState({ status }: Transaction): PayoutState {
  if (status === 'REFUNDED') return 'returned';
  return status === 'SUCCEEDED' ? 'sent' : 'pending';
}

/** The state of a dispute. `withdrawn`: the PSP has taken the amount. `inquiry`: it has not taken it yet. `inquiry-closed` and `won`: the seller has it. */
export type DisputeState = 'inquiry' | 'inquiry-closed' | 'withdrawn' | 'won';

/**
 * Returns the rows of a dispute whose states the PSP tells under one id. The states can follow each other in any order and any number of times: the rows add up to what
 * the PSP has taken in the last state. The row of the dispute takes the amount; the rows `<dispute>.won` and `<dispute>.won.reversed` give it back and take it again.
 * During an inquiry, the row of the dispute moves no money.
 * @param dispute the row that takes the amount, see `toDispute`
 * @param history the rows that were served before; the function loads the rows of this dispute
 */
export async function toDisputeHistory(
  dispute: Transaction,
  state: DisputeState,
  history: RowHistory,
): Promise<Transaction[]> {
  await history.load([dispute.id]);
  const isInquiry = state === 'inquiry' || state === 'inquiry-closed';
  if (isInquiry && history.getStatus(dispute.id) !== dispute.status) {
    const status = state === 'inquiry' ? 'DISPUTE' : 'DISPUTE_WON';
    return history.add([{ ...dispute, amount: { ...dispute.amount, amount: 0n }, status }]);
  }
  history.add([dispute]);
  const direction = state === 'withdrawn' ? 'sent' : 'returned';
  return moveBackAndForth(dispute, direction, history, getDisputeRowIds(dispute.id));
}

function getDisputeRowIds(id: string): NumberedRowIds {
  return { back: `${id}.won`, again: `${id}.won.reversed` };
}

/** A dispute as the plugin reads it: the row that takes the amount, see `toDispute`, and the state. */
export interface ParsedDispute {
  row: Transaction;
  state: DisputeState;
}

/** Returns the rows of several disputes, see `toDisputeHistory`. Rejected records stay as they are. */
export async function toDisputeHistories(
  disputes: readonly (ParsedDispute | RejectedRecord)[],
  feedReader: FeedReader,
): Promise<(Transaction | RejectedRecord)[]> {
  return convertWithHistory<ParsedDispute>(
    disputes,
    feedReader,
    ({ row: { id } }) => [id, ...listIds(getDisputeRowIds(id))],
    ({ row, state }, history) => toDisputeHistory(row, state, history),
  );
}

/**
 * Converts records to rows, one after the other, because the rows of a record are part of the history of the next one. The served rows of all records are read at
 * once before. Rejected records stay as they are.
 * @param listRowIds returns the ids of the served rows that the conversion of a record needs
 */
function convertWithHistory<T extends object>(
  records: readonly (T | RejectedRecord)[],
  feedReader: FeedReader,
  listRowIds: (record: T) => string[],
  toRows: (record: T, history: RowHistory) => Promise<Transaction[]>,
): Promise<(Transaction | RejectedRecord)[]> {
  const history = new RowHistory(feedReader);
  return convertValidRecords<T, Transaction>(records, async (valid) => {
    await history.load(valid.flatMap(listRowIds));
    const rows: Transaction[] = [];
    for (const record of valid) rows.push(...(await toRows(record, history)));
    return rows;
  });
}

/** The ids of the rows that move the money of a row back and once more, without their numbers. */
interface NumberedRowIds {
  back: string;
  again: string;
}

function listIds({ back, again }: NumberedRowIds): string[] {
  return [back, again];
}

/**
 * Returns a row, and the row that moved its money last: back, or once more. Earlier rows of the same kinds were served before.
 * @returns no rows if the money did not move yet
 */
async function moveBackAndForth(
  row: Transaction,
  state: PayoutState,
  history: RowHistory,
  ids: NumberedRowIds,
): Promise<Transaction[]> {
  await history.load([ids.back, ids.again]);
  const number = history.countNumbered(ids.again) + 1;
  const back = reverseRow(row, formatNumberedId(ids.back, number));
  const again = reverseRow(back, formatNumberedId(ids.again, number));
  if (state === 'returned') return [row, ...history.add([back])];
  if (history.has(back.id)) return state === 'sent' ? [row, ...history.add([again])] : [row];
  return state === 'sent' || number > 1 ? [row] : [];
}
