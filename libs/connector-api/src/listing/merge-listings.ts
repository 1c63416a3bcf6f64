/**
 * Merges several sources (e.g. journals or accounts) into one listing with one cursor. If a source fails, the other sources are still read
 * to their end. Then the listing fails with the error of the failed source.
 */
import { PspError } from '../errors.js';
import type { ListingStep } from './listing.types.js';

/** One source of a merged listing. */
export interface MergeSource<Row, Position> {
  /** A permanent identifier of the source, e.g. the id of an account. */
  id: string;
  /** Lists the rows of the source with one of the listing strategies. */
  list: (since: Position | undefined) => AsyncIterable<ListingStep<Row, Position>>;
}

/** The position of each source, by source id. If a source is absent from a listing, its position is kept. */
export type MergePosition<Position> = Readonly<Record<string, Position>>;

export interface MergeStep<Row, Position, Source> extends ListingStep<Row, MergePosition<Position>> {
  /** The source from which the rows come. */
  source: Source;
}

/**
 * The maximum number of sources that are open at the same time. The open sources are read in turn: one step from each. The number is
 * limited, because each open source can keep some pages in memory.
 */
const MAX_OPEN_SOURCES = 8;

/**
 * Yields the steps of the sources in turn, so that a source with a long history does not delay the others.
 * @throws PspError the error of a source, after all other sources were read. An error that concerns the whole PSP (wrong credentials or a
 * rate limit) is thrown at once
 */
export async function* mergeListings<Row, Position, Source>(
  sources: readonly (Source & MergeSource<Row, Position>)[],
  since: MergePosition<Position> | undefined,
): AsyncGenerator<MergeStep<Row, Position, Source>> {
  let position: MergePosition<Position> = since ?? {};
  const errors: unknown[] = [];
  let readCount = 0;
  const waiting = [...sources];
  const open: {
    source: Source & MergeSource<Row, Position>;
    iterator: AsyncIterator<ListingStep<Row, Position>>;
  }[] = [];
  try {
    while (waiting.length > 0 || open.length > 0) {
      while (open.length < MAX_OPEN_SOURCES && waiting.length > 0) {
        const source = waiting.shift();
        if (source) open.push({ source, iterator: source.list(position[source.id])[Symbol.asyncIterator]() });
      }
      const current = open.shift();
      if (current === undefined) break;
      const result = await readNext(current.iterator, current.source.id);
      if ('error' in result) {
        errors.push(result.error);
        continue;
      }
      if (result.done === true) {
        readCount += 1;
        continue;
      }
      position = { ...position, [current.source.id]: result.value.position };
      open.push(current);
      yield { ...result.value, position, source: current.source };
    }
  } finally {
    for (const { iterator } of open) await iterator.return?.();
  }
  if (errors.length > 0) throw toMergeError(errors, readCount);
}

type NextResult<Step> = { done?: false; value: Step } | { done: true } | { error: unknown };

/**
 * Reads the next step of a source.
 * @throws the error of the source, if the error concerns all sources
 */
async function readNext<Step>(iterator: AsyncIterator<Step>, id: string): Promise<NextResult<Step>> {
  try {
    const result = await iterator.next();
    return result.done === true ? { done: true } : { value: result.value };
  } catch (error) {
    if (concernsAllSources(error)) throw error;
    return { error: nameSource(error, id) };
  }
}

/** Returns true for an error that concerns every source: a rate limit, or credentials that the PSP does not accept at all. */
function concernsAllSources(error: unknown): boolean {
  if (!(error instanceof PspError)) return false;
  return error.kind === 'rate-limited' || (error.kind === 'unauthorized' && error.details.status === 401);
}

function nameSource(error: unknown, id: string): unknown {
  if (!(error instanceof PspError) || error.message.includes(id)) return error;
  return new PspError(error.kind, `${id}: ${error.message}`, { ...error.details, cause: error });
}

/**
 * Chooses the error for the whole listing. If another source could be read, the credentials are valid. Then `unauthorized` is replaced by
 * another kind, because `unauthorized` would pause all sources for a long time.
 */
function toMergeError(errors: readonly unknown[], readCount: number): unknown {
  const [first] = errors;
  if (!(first instanceof PspError)) return first;
  const isPartial = readCount > 0 && first.kind !== 'unavailable';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more failed)` : '';
  const message = `${first.message}${more}${readCount > 0 ? `; ${readCount} others were read` : ''}`;
  return new PspError(isPartial ? 'unavailable' : first.kind, message, first.details);
}

/**
 * Returns a check for stored cursors. The check returns true for a position of `mergeListings` whose sources are listed with the given
 * strategy.
 */
export function createMergePositionCheck<Position>(
  isSourcePosition: (value: unknown) => value is Position,
): (value: unknown) => value is MergePosition<Position> {
  return (value): value is MergePosition<Position> =>
    typeof value === 'object' && value !== null && Object.values(value).every(isSourcePosition);
}
