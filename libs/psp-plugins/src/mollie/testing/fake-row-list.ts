/** The journals of the fake, whose rows are listed newest first, and the business accounts that have a journal. */
import type { Cents } from './fake-responses.js';

/** A journal, with its rows oldest first. It finds the position of a row by the row's id. */
export class FakeJournal<Row extends { id: string }> {
  readonly rows: Row[] = [];
  private indexById = new Map<string, number>();

  append(row: Row): void {
    this.indexById.set(row.id, this.rows.push(row) - 1);
  }

  /** Inserts a row so that the given number of rows is newer than the row. */
  insertBelow(row: Row, newerRows: number): void {
    this.rows.splice(this.rows.length - newerRows, 0, row);
    this.rebuildIndex();
  }

  remove(id: string): void {
    const index = this.indexById.get(id);
    if (index === undefined) return;
    this.rows.splice(index, 1);
    this.rebuildIndex();
  }

  /** Returns a page, newest row first as in the API, or `undefined` if no row has the id `from`. */
  getPage(from: string | null, limit: number): { rows: Row[]; next?: string } | undefined {
    const start = from === null ? this.rows.length - 1 : this.indexById.get(from);
    if (start === undefined) return undefined;
    const rows = this.rows.slice(Math.max(0, start + 1 - limit), start + 1).reverse();
    const next = this.rows[start - limit];
    return next === undefined ? { rows } : { rows, next: next.id };
  }

  private rebuildIndex(): void {
    this.indexById = new Map(this.rows.map((row, index) => [row.id, index]));
  }
}

export interface FakeBusinessTransaction {
  id: string;
  type: string;
  /** The amount with its sign. A negative amount is a debit. */
  amount: Cents;
  createdAt: number;
  processed: boolean;
  description?: string | null;
  counterparty?: { identifier: string; name: string };
}

export interface FakeBusinessAccount {
  id: string;
  iban: string;
  journal: FakeJournal<FakeBusinessTransaction>;
}
