/**
 * Finds values of objects by the ids of the objects, e.g. the bank accounts of the mandates that payments name. It is for a PSP that lists these objects
 * newest first, and has no request for several ids: a page of the list costs as much as one object. The values stay in memory, so the list is read again after a
 * restart.
 */
import { EndlessListDetector } from './endless-list-detector.js';
import type { ListingContext, RowReader } from './listing.types.js';
import type { TimeWindowQuery, TimeWindowSource } from './read-window.js';

/** The maximum number of values in memory. If there are more, the values that were read first are forgotten. */
const MAX_VALUES = 100_000;
/** The time in milliseconds without requests after a reading that failed at its first page. */
const PAUSE_MS = 10 * 60_000;

/** How the objects are listed, newest first, and which value of each object is looked up. */
export interface ListLookupOptions<Row, Value>
  extends Pick<RowReader<Row>, 'getId'>, Pick<TimeWindowSource<Row>, 'fetchPage'> {
  /** The time of the oldest object, in milliseconds since 1970. */
  start: number;
  /** The maximum time in milliseconds by which an object is listed late. */
  overlapMs: number;
  /** Returns the value of an object, or `undefined` for an object without a value. */
  getValue: (row: Row) => Value | undefined;
  /** Default: 100 000. */
  maxValues?: number;
}

/** The values by the ids of their objects. `failure` is present if values are missing because the list could not be read. */
export interface FoundValues<Value> {
  values: Map<string, Value>;
  failure?: Error;
}

/** A list that is read only as far as its values are needed. One instance belongs to one connector. */
export class ListLookup<Row, Value> {
  private readonly values = new Map<string, Value>();
  private readonly detector: EndlessListDetector<Row>;
  /** The objects that were created before the first reading: the page that is read next. */
  private older: TimeWindowQuery | undefined;
  private isOldestRead = false;
  /** All objects that were created between the first reading and this time were read. */
  private readUntil: number | undefined;
  private pausedUntil = -Infinity;
  private failure: Error | undefined;

  constructor(private readonly options: ListLookupOptions<Row, Value>) {
    this.detector = new EndlessListDetector(options.getId);
  }

  /**
   * Returns the values of objects. If values are missing, the objects that are new are read, and then older ones, until no value is missing. The function never
   * throws. Pages that were read before an error or an abort are not lost: the next call continues. If the first page fails, the next ten minutes have no requests.
   */
  async find(ids: readonly string[], { clock, signal }: ListingContext): Promise<FoundValues<Value>> {
    const isMissing = () => ids.some((id) => !this.values.has(id));
    if (isMissing() && clock.now() >= this.pausedUntil)
      await this.read(isMissing, clock.now(), signal ?? new AbortController().signal);
    const values = new Map<string, Value>();
    for (const id of ids) {
      const value = this.values.get(id);
      if (value !== undefined) values.set(id, value);
    }
    return { values, ...(isMissing() && this.failure !== undefined && { failure: this.failure }) };
  }

  private async read(isMissing: () => boolean, now: number, signal: AbortSignal): Promise<void> {
    let pageCount = 0;
    const fetchPage = async (query: TimeWindowQuery) => {
      const page = await this.options.fetchPage(query, signal);
      pageCount += 1;
      for (const row of page.rows) this.addValue(row);
      return page;
    };
    this.failure = undefined;
    try {
      await this.readNew(fetchPage, now);
      await this.readOlder(fetchPage, isMissing);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error('the reading was ended');
      if (pageCount === 0) this.pausedUntil = now + PAUSE_MS;
    }
  }

  /** Reads the objects that were created since the last reading. The first reading has none, because its older objects begin with the newest one. */
  private async readNew(fetchPage: FetchPage<Row>, now: number): Promise<void> {
    const { start, overlapMs, getId } = this.options;
    const to = now + overlapMs;
    this.older ??= { from: Math.min(start, now), to };
    const detector = new EndlessListDetector<Row>(getId);
    let query: TimeWindowQuery | undefined =
      this.readUntil === undefined ? undefined : { from: this.readUntil - overlapMs, to };
    while (query !== undefined) {
      const page = await fetchPage(query);
      detector.addPage(page);
      query = page.next === undefined ? undefined : { ...query, token: page.next };
    }
    this.readUntil = now;
  }

  private async readOlder(fetchPage: FetchPage<Row>, isMissing: () => boolean): Promise<void> {
    while (this.older !== undefined && !this.isOldestRead && isMissing()) {
      const page = await fetchPage(this.older);
      this.detector.addPage(page);
      if (page.next === undefined) this.isOldestRead = true;
      else this.older = { ...this.older, token: page.next };
    }
  }

  private addValue(row: Row): void {
    const value = this.options.getValue(row);
    if (value === undefined) return;
    this.values.set(this.options.getId(row), value);
    const [oldest] = this.values.keys();
    if (this.values.size > (this.options.maxValues ?? MAX_VALUES) && oldest !== undefined)
      this.values.delete(oldest);
  }
}

type FetchPage<Row> = (query: TimeWindowQuery) => ReturnType<TimeWindowSource<Row>['fetchPage']>;
