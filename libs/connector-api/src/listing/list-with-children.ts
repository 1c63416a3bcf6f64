/**
 * Lists rows together with their child rows, if each row has its own list of children, e.g. the entries of a payout or the items of a
 * batch.
 */
import type { ListingContext, ListingStep } from './listing.types.js';
import { TimeBudget } from './time-budget.js';

/** A row of a list, or one of its children. */
export interface RowWithParent<Row> {
  row: Row;
  /** The row to which this child belongs. It is absent for a row of the list itself. */
  parent?: Row;
}

/** What the comparison of a row with its children found. */
export type ChildrenCheck = Required<Pick<ListingStep<unknown, unknown>, 'warnings' | 'resolvedIds'>>;

export interface ChildRowsOptions<Row, Position> {
  /**
   * Requests the pages of the children of a row, e.g. with `readPages`.
   * @returns `undefined` for a row that has no children
   */
  fetchChildren: (row: Row, signal: AbortSignal) => AsyncIterable<Row[]> | undefined;
  /** Returns the PSP's id of a row or of a child, or another string that stays the same when the PSP returns it again. */
  getId: (row: Row) => string;
  /**
   * Compares a row with all its children, e.g. the amount of a payout with the sum of its entries. It returns warnings about differences, and
   * the ids of such warnings that no longer apply. Each child occurs once, although two pages can contain it. A row without a list of
   * children is not compared.
   */
  checkChildren?: (row: Row, children: readonly Row[]) => ChildrenCheck;
  /**
   * Returns a position after which the given rows are listed again, because `checkChildren` returned a warning about them: the PSP may not
   * have listed all their children yet, see `addOpenRows`. Default: these rows are not listed again.
   */
  keepOpen?: (position: Position, rows: readonly Row[]) => Position;
  /** The position before the first step. */
  start: Position;
}

/**
 * The maximum number of rows that are kept open. If there are more, the oldest ones wait until the list contains them again. The number limits the memory for a
 * long listing, and the work of each step.
 */
const MAX_OPEN_ROWS = 100;

/**
 * Yields each row, followed by its children. If a step has many children, its rows are yielded in several parts. All parts except the last
 * keep the position from before the step, so that an interrupted listing repeats the whole step.
 */
export async function* listWithChildren<Row, Position>(
  steps: AsyncIterable<ListingStep<Row, Position>>,
  { fetchChildren, getId, checkChildren, keepOpen, start }: ChildRowsOptions<Row, Position>,
  context: ListingContext,
): AsyncGenerator<ListingStep<RowWithParent<Row>, Position>> {
  const budget = new TimeBudget(context);
  const differing = new Map<string, Row>();
  let before = start;
  for await (const { rows, warnings: found = [], resolvedIds: resolved = [], ...step } of steps) {
    let part: RowWithParent<Row>[] = [];
    const [warnings, resolvedIds] = [[...found], [...resolved]];
    for (const parent of rows) {
      part.push({ row: parent });
      const pages = fetchChildren(parent, budget.signal);
      if (pages === undefined) continue;
      const children = new Map<string, Row>();
      for await (const page of pages) {
        for (const child of page) children.set(getId(child), child);
        part.push(...page.map((row) => ({ row, parent })));
        if (!budget.isUsedUp()) continue;
        yield { rows: part, position: before };
        part = [];
        budget.restart();
      }
      const check = checkChildren?.(parent, [...children.values()]);
      warnings.push(...(check?.warnings ?? []));
      resolvedIds.push(...(check?.resolvedIds ?? []));
      differing.delete(getId(parent));
      if (check !== undefined && check.warnings.length > 0) differing.set(getId(parent), parent);
      removeOldest(differing, MAX_OPEN_ROWS);
    }
    before = keepOpen?.(step.position, [...differing.values()]) ?? step.position;
    yield { ...step, rows: part, position: before, warnings, resolvedIds };
    budget.restart();
  }
}

function removeOldest(rows: Map<string, unknown>, maxCount: number): void {
  for (const id of rows.keys()) if (rows.size > maxCount) rows.delete(id);
}
