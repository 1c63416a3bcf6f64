/**
 * Lists several lists of different kinds with one cursor, e.g. payments, payouts, and the journal of each account. Each list has its own strategy and its
 * own conversion of rows to records.
 */
import { isAccessDenied } from '../http/psp-response-error.js';
import type { Cursor, Page } from '../plugin.js';
import { createCursorFormat } from './cursor-format.js';
import type { ListingStep } from './listing.types.js';
import { mergeListings } from './merge-listings.js';
import type { MergeSource } from './merge-listings.js';

/** The records of a step, and what else its page contains. */
export type PageContent<T> = Pick<Page<T>, 'items' | 'balances' | 'warnings' | 'resolvedIds'>;

export interface RecordSourceOptions<Row, Position, T> {
  /** A permanent name of the list. The cursor contains it. */
  id: string;
  /** Lists the rows after a position with one of the strategies. */
  list: (since: Position | undefined) => AsyncIterable<ListingStep<Row, Position>>;
  /** Returns true if a stored value is a position of `list`. If another strategy stored the value, the list is read from its beginning. */
  isPosition: (value: unknown) => value is Position;
  /** Converts the rows of a step to records. */
  toRecords: (rows: Row[]) => Page<T>['items'] | PageContent<T> | Promise<Page<T>['items'] | PageContent<T>>;
  /** True if the list is left out when the credentials may not read it, see `isAccessDenied`. Default: false. */
  isOptional?: boolean;
}

/** One of the lists of `listSources`. Its steps contain one page content each. */
export type RecordSource<T> = MergeSource<PageContent<T>, unknown>;

/** Creates a list for `listSources`. */
export function createRecordSource<Row, Position, T>(
  options: RecordSourceOptions<Row, Position, T>,
): RecordSource<T> {
  const { id, isPosition, isOptional = false, toRecords } = options;
  return {
    id,
    async *list(since) {
      const steps = options.list(isPosition(since) ? since : undefined);
      for await (const { rows, ...step } of isOptional ? endIfDenied(steps) : steps) {
        const records = await toRecords(rows);
        yield { ...step, rows: [Array.isArray(records) ? { items: records } : records] };
      }
    },
  };
}

/** Yields the steps of a list. If the credentials may not read the list, it ends. */
async function* endIfDenied<Step>(steps: AsyncIterable<Step>): AsyncGenerator<Step> {
  try {
    yield* steps;
  } catch (error) {
    if (!isAccessDenied(error)) throw error;
  }
}

/**
 * Yields the pages of all lists in turn, see `mergeListings`.
 * @param plugin the name of the plugin, for messages
 * @param version the version of the cursor
 * @throws PspError as `mergeListings`
 */
export async function* listSources<T>(
  { plugin, version }: { plugin: string; version: number },
  sources: readonly RecordSource<T>[],
  since: Cursor | undefined,
): AsyncGenerator<Page<T>> {
  const isPosition = (value: unknown): value is Readonly<Record<string, unknown>> =>
    typeof value === 'object' && value !== null;
  const format = createCursorFormat({ plugin, version, isPosition });
  for await (const step of mergeListings<PageContent<T>, unknown, RecordSource<T>>(
    sources,
    format.parse(since),
  )) {
    const content = step.rows[0] ?? { items: [] };
    const warnings = [...(step.warnings ?? []), ...(content.warnings ?? [])];
    const resolvedIds = [...(step.resolvedIds ?? []), ...(content.resolvedIds ?? [])];
    const { progress } = step;
    yield {
      ...content,
      cursor: format.serialize(step.position),
      ...(warnings.length > 0 && { warnings }),
      ...(resolvedIds.length > 0 && { resolvedIds }),
      ...(progress !== undefined && { progress }),
    };
  }
}
