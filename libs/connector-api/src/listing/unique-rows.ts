/** Collects the rows of overlapping pages, each row once. */
import type { RowReader } from './listing.types.js';

export class UniqueRows<Row> {
  private readonly byId = new Map<string, Row>();

  constructor(private readonly reader: RowReader<Row>) {}

  get size(): number {
    return this.byId.size;
  }

  /** Returns how many of these rows were added before. */
  countKnown(rows: readonly Row[]): number {
    return rows.filter((row) => this.byId.has(this.reader.getId(row))).length;
  }

  /**
   * Adds rows in the order of the list.
   * @returns the number of rows that were not known before
   */
  add(rows: readonly Row[]): number {
    const known = this.byId.size;
    for (const row of rows) {
      const id = this.reader.getId(row);
      if (!this.byId.has(id)) this.byId.set(id, row);
    }
    return this.byId.size - known;
  }

  /** Returns the rows in the order in which they were added. */
  toList(): Row[] {
    return [...this.byId.values()];
  }
}
