/** The objects of one list of the fake, and its pages: newest first, with cursors. */

/** An object as the fake serves it. Lists without `created_at` have the order in which their rows were added. */
export interface FakeRow {
  id?: string;
  created_at?: string;
  links?: Record<string, string>;
  [property: string]: unknown;
}

export class FakeTable {
  private rows: FakeRow[] = [];
  private isSorted = true;
  private readonly byId = new Map<string, FakeRow>();

  get size(): number {
    return this.rows.length;
  }

  add<Row extends FakeRow>(row: Row): Row {
    this.rows.push(row);
    this.isSorted = false;
    if (row.id !== undefined) this.byId.set(row.id, row);
    return row;
  }

  remove(id: string): void {
    this.rows = this.rows.filter((row) => row.id !== id);
    this.byId.delete(id);
  }

  find(id: string | undefined): FakeRow | undefined {
    return this.byId.get(id ?? '');
  }

  all(): readonly FakeRow[] {
    return this.rows;
  }

  /**
   * Returns a page, and the cursor of the next one; `null` if there is none. Cursors are positions, because some rows have no id.
   * @param from RFC 3339, inclusive
   * @param to RFC 3339, exclusive
   */
  list(
    {
      from,
      to,
      after,
      limit,
    }: { from?: string | undefined; to?: string | undefined; after: string | null; limit: number },
    isWanted: (row: FakeRow) => boolean,
  ): { rows: FakeRow[]; after: string | null } {
    this.sort();
    const start = from === undefined ? 0 : this.findFirst(from);
    // A cursor contains the number of rows above it, so that it stays right while newer rows are added.
    let index =
      after === null ? (to === undefined ? this.rows.length : this.findFirst(to)) : Number(after.slice(1));
    const rows: FakeRow[] = [];
    for (index -= 1; index >= start && rows.length < limit; index -= 1) {
      const row = this.rows[index];
      if (row !== undefined && isWanted(row)) rows.push(row);
    }
    const hasMore = this.rows.slice(start, index + 1).some(isWanted);
    return { rows, after: hasMore ? `c${index + 1}` : null };
  }

  private sort(): void {
    if (this.isSorted) return;
    this.rows = this.rows
      .map((row, index) => ({ row, index }))
      .sort((a, b) => compare(a.row.created_at ?? '', b.row.created_at ?? '') || a.index - b.index)
      .map(({ row }) => row);
    this.isSorted = true;
  }

  private findFirst(time: string): number {
    let [low, high] = [0, this.rows.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.rows[middle]?.created_at ?? '') < time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
