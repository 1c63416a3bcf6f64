/**
 * Lists rows of a list that can only be read from its newest row to its oldest row, and yields the rows oldest first.
 *
 * The order matters for refunds. Formance subtracts a refund from its payment, but a refund that comes before its payment replaces the
 * payment. So a walk (one reading of the new rows) has two halves: first down to the oldest new row, then up again. A short walk keeps its
 * pages in memory. A long walk keeps only the tokens of pages, and reads every page a second time in the second half. The cursor contains
 * the tokens, so that the walk continues after a restart. Rows that arrive during a walk are read by the next walk.
 *
 * The first half ends when it has passed the newest rows of the previous walk. It looks for several of these rows, because one row can
 * disappear. Then it reads `rereadMs` further, to find rows that appeared late.
 */
import { PspError } from '../errors.js';
import type { ListingContext, ListingStep, RowReader, TokenPage } from './listing.types.js';
import {
  rememberPageToken,
  createStopCondition,
  getAnchorIds,
  NEWEST_FIRST_START,
  takeRowsUntilKnown,
  toCoveredRange,
} from './newest-first-walk.js';
import type { CoveredRange, NewestFirstPosition, NewestFirstWalk } from './newest-first-walk.js';
import { EndlessListDetector } from './endless-list-detector.js';
import { TimeBudget } from './time-budget.js';
import { UniqueRows } from './unique-rows.js';

export interface NewestFirstSource<Row> extends RowReader<Row> {
  /**
   * Requests one page.
   * @param from `next` of another page; absent for the newest page
   * @throws PageTokenExpiredError if the PSP no longer accepts the token
   */
  fetchPage: (from: string | undefined, signal: AbortSignal) => Promise<TokenPage<Row>>;
  /** True if the token of a page is the id of its first row. A response without this row is then treated as an expired token. */
  isTokenFirstId: boolean;
  /** How far back rows are read again: the maximum age of a row in milliseconds, relative to the newest known row. */
  rereadMs: number;
}

/**
 * The error for a page token that the PSP no longer accepts, e.g. because the row of the token has disappeared. The strategy then begins a
 * new walk.
 */
export class PageTokenExpiredError extends Error {}

/** The maximum number of pages that one walk (a reading of the new rows) keeps in memory. A longer walk reads its pages twice instead. */
const MAX_BUFFERED_PAGES = 4;
/** The number of pages that the first half of a walk (from newer to older rows) reads before it yields a new cursor. */
const PAGES_PER_CURSOR = 5;
const MAX_ROWS_PER_STEP = 500;
/**
 * The maximum number of walks (readings of the new rows) that one listing begins again because a page token expired. After that, the
 * listing fails.
 */
const MAX_NEW_WALKS = 3;

/** Yields the rows after `since`, and ends when no newer rows are left. */
export async function* newestFirst<Row>(
  source: NewestFirstSource<Row>,
  since: NewestFirstPosition | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, NewestFirstPosition>> {
  const walker = new NewestFirstWalker(source, context);
  let position = since ?? NEWEST_FIRST_START;
  for (let newWalks = 0; ;) {
    try {
      let isLong = position.walk !== undefined;
      for await (const step of walker.walk(position)) {
        isLong ||= step.position.walk !== undefined;
        position = step.position;
        yield step;
      }
      // New rows can have arrived during a long walk, so the list is checked once more.
      if (!isLong || !(await walker.hasNewRows(position))) return;
    } catch (error) {
      if (!(error instanceof PageTokenExpiredError)) throw error;
      newWalks += 1;
      if (newWalks > MAX_NEW_WALKS) throw toPspError(error);
      position = { covered: position.covered };
      yield { rows: [], position };
    }
  }
}

type Step<Row> = ListingStep<Row, NewestFirstPosition>;

class NewestFirstWalker<Row> {
  private readonly budget: TimeBudget;

  constructor(
    private readonly source: NewestFirstSource<Row>,
    context: ListingContext,
  ) {
    this.budget = new TimeBudget(context);
  }

  /** Performs one walk (a reading of the new rows): first down to the oldest new row, then up again. */
  async *walk(start: NewestFirstPosition): AsyncGenerator<Step<Row>> {
    this.budget.restart();
    let position = start;
    if (position.walk?.up === undefined) {
      for await (const step of this.walkDown(position)) {
        position = step.position;
        yield step;
        this.budget.restart();
      }
    }
    yield* this.walkUp(position);
  }

  /** Returns true if the list has rows that are newer than the rows that earlier walks have read. */
  async hasNewRows({ covered }: NewestFirstPosition): Promise<boolean> {
    const { rows } = await this.fetchPage(undefined);
    const [newest] = getAnchorIds(this.source, rows);
    return newest !== undefined && newest !== covered.anchors[0];
  }

  private async *walkDown({ covered, walk: begun }: NewestFirstPosition): AsyncGenerator<Step<Row>> {
    const { source } = this;
    const stop = createStopCondition(covered, source.rereadMs);
    const marks = begun?.marks.filter((mark) => mark !== null);
    const detector = new EndlessListDetector<Row>(source.getId, marks);
    let walk: NewestFirstWalk | undefined = begun;
    let buffered: Row[] | undefined = begun ? undefined : [];
    let pages = begun ? Math.max(0, begun.marks.length - 1) * begun.stride : 0;
    let from = begun?.marks.at(-1) ?? undefined;
    for (;;) {
      const page = await this.fetchPage(from);
      const { rows, next } = page;
      walk ??= {
        head: toCoveredRange(source, rows, covered),
        marks: [],
        stride: 1,
        met: covered.anchors.length === 0,
      };
      const { above, met, ends } = takeRowsUntilKnown(source, rows, stop, walk.met);
      walk = { ...rememberPageToken(walk, pages, this.getMark(from, rows)), met };
      pages += 1;
      if (buffered && pages <= MAX_BUFFERED_PAGES) buffered.push(...above);
      else buffered = undefined;
      if (ends !== undefined || next === undefined) {
        walk = { ...walk, up: ends === undefined ? {} : { ends } };
        if (buffered) yield* this.createSteps(covered, buffered, takeFirstMark(walk), { covered: walk.head });
        else yield { rows: [], position: { covered, walk } };
        return;
      }
      detector.addPage(page);
      if (this.budget.isUsedUp()) buffered = undefined;
      if (!buffered && (pages % PAGES_PER_CURSOR === 0 || this.budget.isUsedUp()))
        yield { rows: [], position: { covered, walk: { ...walk, marks: [...walk.marks, next] } } };
      from = next;
    }
  }

  /** Performs the second half of the walk. It reads the pages of the stored page tokens (marks), from the oldest mark to the newest. */
  private async *walkUp({ covered, walk }: NewestFirstPosition): AsyncGenerator<Step<Row>> {
    let now = walk;
    while (now?.up !== undefined) {
      const marks = [...now.marks];
      const start = marks.pop();
      const read = start === undefined ? { rows: [] } : await this.readDownTo(start, now.up.ends);
      if ('tokens' in read) {
        // The step has no time left to read all pages between two marks. The tokens of these pages become marks, so that the next step
        // reads fewer pages.
        now = { ...now, marks: [...now.marks, ...read.tokens] };
        yield { rows: [], position: { covered, walk: now } };
        this.budget.restart();
        continue;
      }
      const ends = read.rows.length > 0 ? getAnchorIds(this.source, read.rows) : now.up.ends;
      const remaining: NewestFirstWalk | undefined =
        marks.length === 0 ? undefined : { ...now, marks, up: ends === undefined ? {} : { ends } };
      const after: NewestFirstPosition = remaining ? { covered, walk: remaining } : { covered: now.head };
      for (const step of this.createSteps(covered, read.rows, now, after)) {
        yield step;
        this.budget.restart();
      }
      now = remaining;
    }
  }

  /**
   * Reads from a mark to older rows, until it finds a row that was already yielded.
   * @param ends the ids of rows that were already yielded
   * @returns the rows, newest first. If the time of the step is used up first: the tokens of the pages that were read
   */
  private async readDownTo(
    start: string | null,
    ends: readonly string[] = [],
  ): Promise<{ rows: Row[] } | { tokens: string[] }> {
    const found = new UniqueRows(this.source);
    const tokens: string[] = [];
    const detector = new EndlessListDetector<Row>(this.source.getId, start === null ? [] : [start]);
    for (let from = start ?? undefined; ;) {
      const page = await this.fetchPage(from);
      const { rows, next } = page;
      const at = rows.findIndex((row) => ends.includes(this.source.getId(row)));
      found.add(at === -1 ? rows : rows.slice(0, at));
      if (at !== -1 || next === undefined || ends.includes(next)) return { rows: found.toList() };
      detector.addPage(page);
      tokens.push(next);
      if (this.budget.isUsedUp()) return { tokens };
      from = next;
    }
  }

  /**
   * Requests one page.
   * @throws PageTokenExpiredError if the page does not contain the row whose id is the token
   */
  private async fetchPage(from: string | undefined): Promise<TokenPage<Row>> {
    const page = await this.source.fetchPage(from, this.budget.signal);
    const { isTokenFirstId, getId } = this.source;
    if (from !== undefined && isTokenFirstId && !page.rows.some((row) => getId(row) === from))
      throw new PageTokenExpiredError(
        `the page that begins at ${JSON.stringify(from)} does not contain that row`,
      );
    return page;
  }

  /** Returns the token with which a page can be read again; `null` for the newest page of a list whose tokens are not ids. */
  private getMark(from: string | undefined, rows: readonly Row[]): string | null | undefined {
    if (from !== undefined) return from;
    if (!this.source.isTokenFirstId) return null;
    return rows[0] === undefined ? undefined : this.source.getId(rows[0]);
  }

  /**
   * Splits rows into steps, oldest first.
   * @param walk the state of the walk before these rows
   * @param after the position after all these rows
   */
  private *createSteps(
    covered: CoveredRange,
    newestFirstRows: readonly Row[],
    walk: NewestFirstWalk,
    after: NewestFirstPosition,
  ): Generator<Step<Row>> {
    const unique = new UniqueRows(this.source);
    unique.add(newestFirstRows);
    const rows = unique.toList();
    for (let end = rows.length; ; end -= MAX_ROWS_PER_STEP) {
      const start = Math.max(0, end - MAX_ROWS_PER_STEP);
      const ends = getAnchorIds(this.source, rows.slice(start));
      const position = start === 0 ? after : { covered, walk: { ...walk, up: { ends } } };
      yield { rows: rows.slice(start, end).reverse(), position };
      if (start === 0) return;
    }
  }
}

/**
 * Removes all stored page tokens (marks) except that of the newest page. If the walk is interrupted, its second half reads everything again
 * from the newest page.
 */
function takeFirstMark(walk: NewestFirstWalk): NewestFirstWalk {
  return { ...walk, marks: walk.marks.slice(0, 1) };
}

function toPspError(error: PageTokenExpiredError): PspError {
  return new PspError('unavailable', `the list changes faster than it can be read: ${error.message}`, {
    cause: error,
  });
}
