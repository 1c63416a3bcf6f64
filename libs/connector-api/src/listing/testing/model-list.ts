/**
 * A list of a PSP in memory, for the property-based tests of the listing strategies. Rows appear late, vanish and change, and requests
 * fail.
 */
import { PspError } from '../../errors.js';
import type { HttpClock } from '../../http/http-clock.js';
import type { ListingContext, ListingStep, RowReader } from '../listing.types.js';

export interface ModelRow {
  id: string;
  /** The time of the row in milliseconds since 1970. */
  time: number;
  state: 'open' | 'final';
}

export const MODEL_READER: RowReader<ModelRow> = { getId: ({ id }) => id, getTime: ({ time }) => time };

/** The number of runs of each property-based test. `npm run soak` increases it. */
export const PROPERTY_RUNS = Number(process.env['LISTING_RUNS'] ?? 200);
/** The timeout of one property-based test in milliseconds. It is long enough for `npm run soak`. */
export const PROPERTY_TIMEOUT_MS = 60_000 + PROPERTY_RUNS * 200;

/** The fault of a request: a response with status 429 or 500, or no response before the timeout. */
export type ModelFault = 'none' | 'rate-limited' | 'server-error' | 'timeout';

const MODEL_FAULTS = new WeakSet<Error>();

function createFault(fault: Exclude<ModelFault, 'none'>): PspError {
  const error =
    fault === 'rate-limited'
      ? new PspError('rate-limited', 'too many requests', { status: 429, retryAfterMs: 1000 })
      : new PspError('unavailable', fault, fault === 'server-error' ? { status: 500 } : {});
  MODEL_FAULTS.add(error);
  return error;
}

/** Returns true if an error is one of the simulated faults, or was caused by one. */
function isModelFault(error: unknown): boolean {
  return error instanceof Error && (MODEL_FAULTS.has(error) || isModelFault(getCause(error)));
}

function getCause(error: Error): unknown {
  return error.cause ?? (error instanceof PspError ? error.details.cause : undefined);
}

/** A clock whose time changes only if a test or a slow request changes it. */
export class ModelClock implements HttpClock {
  constructor(public time: number) {}

  now(): number {
    return this.time;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.time += milliseconds;
  }
}

/** A simulated list with its rows and the faults of its requests. Strategies get their pages through `request`. */
export class ModelList {
  readonly rows: ModelRow[] = [];
  requestCount = 0;
  /** Faults of the next requests, in sequence. */
  faults: ModelFault[] = [];
  /** The duration of a request in milliseconds. */
  delayMs = 0;
  private addedCount = 0;

  constructor(readonly clock: ModelClock) {}

  add(time: number, state: ModelRow['state'] = 'final'): ModelRow {
    const row: ModelRow = { id: `row-${(this.addedCount += 1)}`, time, state };
    this.rows.push(row);
    return row;
  }

  remove(index: number): void {
    if (this.rows.length > 0) this.rows.splice(index % this.rows.length, 1);
  }

  /**
   * Answers one request.
   * @throws PspError as an overloaded PSP would cause it
   * @throws the signal's reason if the listing was cancelled
   */
  request<T>(signal: AbortSignal, answer: (oldestFirst: ModelRow[]) => T): T {
    signal.throwIfAborted();
    this.requestCount += 1;
    this.clock.time += this.delayMs;
    const fault = this.faults.shift() ?? 'none';
    if (fault !== 'none') throw createFault(fault);
    return answer(
      this.rows.toSorted(
        (a, b) => a.time - b.time || Number(a.id.split('-')[1]) - Number(b.id.split('-')[1]),
      ),
    );
  }
}

export interface PullOptions {
  /** The number of pages after which the listing is stopped, as if the gateway were killed. */
  maxPages?: number;
  context?: Partial<ListingContext>;
}

/** The records that a feed would contain. The class requests pages as the gateway does, and stores the cursor as JSON. */
export class ModelFeed<Position> {
  readonly rows = new Map<string, ModelRow>();
  pageCount = 0;
  /** All rows of the last pull, in the order in which they arrived. */
  lastPull: ModelRow[] = [];
  private cursor: string | undefined;

  constructor(
    private readonly clock: ModelClock,
    private readonly list: (
      since: Position | undefined,
      context: ListingContext,
    ) => AsyncIterable<ListingStep<ModelRow, Position>>,
  ) {}

  get position(): Position | undefined {
    return this.cursor === undefined ? undefined : (JSON.parse(this.cursor) as Position);
  }

  /**
   * Reads pages until the listing ends, fails or is stopped.
   * @returns true if the listing ended normally
   */
  async pull({ maxPages = Infinity, context = {} }: PullOptions = {}): Promise<boolean> {
    this.lastPull = [];
    let pages = 0;
    try {
      for await (const step of this.list(this.position, { clock: this.clock, ...context })) {
        this.lastPull.push(...step.rows.map((row) => ({ ...row })));
        for (const row of step.rows) this.rows.set(row.id, { ...row });
        this.cursor = JSON.stringify(step.position);
        this.pageCount += 1;
        pages += 1;
        if (pages >= maxPages) return false;
        if (pages > MAX_PAGES) throw new Error(`the listing does not end: it had ${pages} pages`);
      }
      return true;
    } catch (error) {
      if (isModelFault(error) || (error instanceof PspError && error.message.includes('overloaded')))
        return false;
      throw error;
    }
  }

  /** Returns the rows of the list whose present state is not in the feed. */
  findMissing(list: ModelList): ModelRow[] {
    return list.rows.filter((row) => this.rows.get(row.id)?.state !== row.state);
  }
}

const MAX_PAGES = 5_000;

export function isOldestFirst(rows: readonly ModelRow[]): boolean {
  return rows.every((row, index) => row.time >= (rows[index - 1]?.time ?? -Infinity));
}
