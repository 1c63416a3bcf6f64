/**
 * Lists rows of which each needs further requests, e.g. payouts with their items. A row is not requested again before it changes, because the list of a PSP
 * without a filter for changes contains the same rows again and again.
 */
import { PspError } from '../errors.js';
import type { DataWarning } from '../plugin.js';
import type { ListingContext, ListingStep } from './listing.types.js';
import { TimeBudget } from './time-budget.js';

export interface RowWithDetails<Row, Details> {
  row: Row;
  details: Details;
}

/** The position at which `listWithDetails` resumes. */
export interface DetailsPosition<Position> {
  /** The position of the list; absent before its first step. */
  base?: Position;
  /** The versions of the rows whose details are complete, newest last. There is one version for each row. */
  seen: string[];
  /** The ids of the rows whose details are incomplete. */
  incomplete?: string[];
  /** How often the details of a row were incomplete, by the id of the row. The oldest row is first. */
  attempts?: [id: string, count: number][];
}

export interface DetailsOptions<Row, Details, Position> {
  /** Lists the rows after a position with one of the strategies. */
  list: (since: Position | undefined) => AsyncIterable<ListingStep<Row, Position>>;
  /** @returns the id of a row, a space, and a short text that changes whenever the details must be requested again: `po_1 paid` */
  getVersion: (row: Row) => string;
  fetchDetails: (row: Row, signal: AbortSignal) => Promise<Details>;
  /** @returns false if the PSP has more details to come, so that they are requested again. Default: true */
  isComplete?: (row: RowWithDetails<Row, Details>) => boolean;
  /**
   * Returns a position after which the rows with these ids are listed again, because their details were incomplete. Default: their details are
   * requested again when the list contains them again
   */
  keepOpen?: ((position: Position, ids: readonly string[]) => Position) | undefined;
}

/** The maximum number of versions in a cursor. The details of an older row are requested again when the list contains it again. */
const MAX_SEEN_VERSIONS = 1_000;
/**
 * The number of listings in which incomplete details are requested again with `keepOpen`, and the maximum number of rows for which this is done. The numbers
 * are small, because details can be incomplete for ever.
 */
const MAX_ATTEMPTS = 10;
const MAX_OPEN_ROWS = 100;

/**
 * Yields the rows with their details. If details that were incomplete become complete, the details of all later rows are requested again, because their meaning can
 * depend on the earlier ones, e.g. the cancellation of a chargeback. When the time of a step is used up, it is yielded in parts; the details of a part are not requested again. If the PSP
 * refuses the details of a row, this row becomes a warning.
 */
export async function* listWithDetails<Row, Details, Position>(
  {
    list,
    getVersion,
    fetchDetails,
    isComplete = () => true,
    keepOpen,
  }: DetailsOptions<Row, Details, Position>,
  since: DetailsPosition<Position> | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<RowWithDetails<Row, Details>, DetailsPosition<Position>>> {
  const budget = new TimeBudget(context);
  const seen = new Map(since?.seen.map((version) => [getRowId(version), version]));
  const incomplete = new Set(since?.incomplete);
  const attempts = new Map(since?.attempts);
  /** The rows whose attempt of this listing has been counted. */
  const counted = new Set<string>();
  const countAttempt = (id: string) => {
    if (!counted.has(id)) attempts.set(id, (attempts.get(id) ?? 0) + 1);
    counted.add(id);
  };
  /** The rows that this listing has read already. */
  const listed = new Set<string>();
  let before: Pick<DetailsPosition<Position>, 'base'> = since?.base === undefined ? {} : { base: since.base };
  const createPosition = () => ({
    ...{ ...before, seen: [...seen.values()].slice(-MAX_SEEN_VERSIONS) },
    ...(incomplete.size > 0 && { incomplete: [...incomplete].slice(-MAX_SEEN_VERSIONS) }),
    ...(attempts.size > 0 && { attempts: [...attempts].slice(-MAX_SEEN_VERSIONS) }),
  });
  const keepIncompleteOpen = (position: Position) => {
    if (keepOpen === undefined) return position;
    // This listing is an attempt also if the PSP does not list the row any more, or refuses its details.
    for (const [id, count] of [...attempts]) if (count <= MAX_ATTEMPTS) countAttempt(id);
    const open = [...attempts].filter(([, count]) => count <= MAX_ATTEMPTS).slice(-MAX_OPEN_ROWS);
    return open.length === 0
      ? position
      : keepOpen(
          position,
          open.map(([id]) => id),
        );
  };
  for await (const { rows, warnings = [], ...step } of list(since?.base)) {
    let part: RowWithDetails<Row, Details>[] = [];
    const refused: DataWarning[] = [];
    for (const row of rows) {
      const version = getVersion(row);
      const id = getRowId(version);
      listed.add(id);
      if (seen.get(id) === version) continue;
      // If the row returns to an earlier version, this is a change, too.
      seen.delete(id);
      try {
        const one = { row, details: await fetchDetails(row, budget.signal) };
        part.push(one);
        if (isComplete(one)) {
          if (incomplete.delete(id)) keepOnly(seen, listed);
          attempts.delete(id);
          seen.set(id, version);
        } else {
          incomplete.add(id);
          countAttempt(id);
        }
      } catch (error) {
        refused.push(toWarning(error, version));
      }
      if (!budget.isUsedUp()) continue;
      yield { rows: part, position: createPosition() };
      part = [];
      budget.restart();
    }
    before = { base: keepIncompleteOpen(step.position) };
    yield { ...step, rows: part, warnings: [...warnings, ...refused], position: createPosition() };
    budget.restart();
  }
}

function keepOnly(versions: Map<string, string>, ids: ReadonlySet<string>): void {
  for (const id of versions.keys()) if (!ids.has(id)) versions.delete(id);
}

/** Returns the id in a version. */
function getRowId(version: string): string {
  return version.split(' ', 1)[0] ?? version;
}

/** @throws the error, unless the PSP refuses to show the details of this row */
function toWarning(error: unknown, version: string): DataWarning {
  if (!(error instanceof PspError) || error.kind !== 'rejected') throw error;
  const message = `${version} is not served, because the PSP refuses to show its details: ${error.message}`;
  return { id: `refused-${version}`, message };
}

/** Returns a check for stored cursors: whether a value is a position of `listWithDetails` around another strategy. */
export function createDetailsCheck<Position>(
  isBasePosition: (value: unknown) => value is Position,
): (value: unknown) => value is DetailsPosition<Position> {
  return (value): value is DetailsPosition<Position> => {
    if (typeof value !== 'object' || value === null) return false;
    const { base, seen } = value as Partial<DetailsPosition<unknown>>;
    return Array.isArray(seen) && (base === undefined || isBasePosition(base));
  };
}
