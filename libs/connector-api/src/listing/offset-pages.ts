/** Reads a list whose pages are requested with the number of rows to skip: `?offset=200&limit=100`. */
import { PspError } from '../errors.js';
import type { Json } from '../http/json-accessors.js';
import type { ListingContext } from './listing.types.js';
import { createLoopError, requireRows } from './read-list-response.js';
import { TimeBudget } from './time-budget.js';

export interface OffsetPage<Row> {
  rows: Row[];
  /** Whether the PSP's flag indicates further rows. Only the flag decides; a page with few rows or no rows is not the end. */
  hasNext: boolean;
}

/**
 * Reads the page of a response with a flag for further rows: `readOffsetPage(response, 'items', 'hasNext')`.
 * @throws PspError `unavailable` if the list or the flag is missing. A response without them is not the end of the list
 */
export function readOffsetPage(response: Json, rowsProperty: string, flagProperty: string): OffsetPage<Json> {
  const rows = requireRows(response, rowsProperty);
  const flag = response.scalar(flagProperty);
  if (flag === undefined || !['true', 'false', '1', '0'].includes(flag)) {
    throw new PspError(
      'unavailable',
      `the response has no flag "${flagProperty}", so it is not known whether more rows follow; expected true or false`,
    );
  }
  return { rows, hasNext: flag === 'true' || flag === '1' };
}

/**
 * Yields the pages of a list. Each page has the offset of the next page in `next`, which is absent for the last page.
 * @param firstOffset the offset at which the reading begins
 * @throws PspError `unavailable` if a page has no new row although the flag indicates further rows, because the listing would never end
 */
export async function* readOffsetPages<Row>(
  fetchPage: (offset: number) => Promise<OffsetPage<Row>>,
  getId: (row: Row) => string,
  firstOffset = 0,
): AsyncGenerator<{ rows: Row[]; offset: number; next?: number }> {
  const known = new Set<string>();
  for (let offset = firstOffset; ;) {
    const { rows, hasNext } = await fetchPage(offset);
    const knownBefore = known.size;
    for (const row of rows) known.add(getId(row));
    if (hasNext && known.size === knownBefore) throw createLoopError(`offset ${offset}`);
    const next = offset + rows.length;
    yield { rows, offset, ...(hasNext && { next }) };
    if (!hasNext) return;
    offset = next;
  }
}

/** A list of parents, each of which has its own list of children, e.g. account holders and their accounts. */
export interface NestedOffsetSource<Row> {
  fetchParents: (offset: number) => Promise<OffsetPage<Row>>;
  fetchChildren: (parent: Row, offset: number) => Promise<OffsetPage<Row>>;
  getId: (row: Row) => string;
}

/** Some parents with all their children. */
export interface NestedOffsetStep<Row> {
  groups: { parent: Row; children: Row[] }[];
  /** The offset of the next parent that must be read, or 0 at the end of the list. */
  next: number;
}

/**
 * Reads the children of all parents. A step contains the parents of one page, or fewer parents if the time of the step is used up.
 * @param firstOffset `next` of the last step of an interrupted reading, or 0
 * @throws PspError in the same cases as `readOffsetPages`
 */
export async function* readNestedOffsetPages<Row>(
  { fetchParents, fetchChildren, getId }: NestedOffsetSource<Row>,
  firstOffset: number,
  context: ListingContext,
): AsyncGenerator<NestedOffsetStep<Row>> {
  const budget = new TimeBudget(context);
  for await (const { rows, offset, next = 0 } of readOffsetPages(fetchParents, getId, firstOffset)) {
    let groups: NestedOffsetStep<Row>['groups'] = [];
    for (const [index, parent] of rows.entries()) {
      const children: Row[] = [];
      for await (const page of readOffsetPages((at) => fetchChildren(parent, at), getId))
        children.push(...page.rows);
      groups.push({ parent, children });
      if (!budget.isUsedUp() || index === rows.length - 1) continue;
      yield { groups, next: offset + index + 1 };
      groups = [];
      budget.restart();
    }
    yield { groups, next };
    budget.restart();
  }
}
