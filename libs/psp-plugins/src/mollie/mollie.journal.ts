/**
 * Reads a journal that can only be listed from its newest row to its oldest, and yields its rows oldest first.
 *
 * The order matters: Formance subtracts a refund from its payment, and a refund that comes before its payment replaces the payment.
 * So a walk first goes down to the oldest new row, and then up again. A short walk keeps its pages in memory. A long walk keeps only the ids at
 * which pages begin, and reads every page a second time on the way up. The ids are in the cursor, so that the walk continues after a restart. Rows
 * that arrive during a walk are above it. The next walk reads them.
 *
 * A walk ends below the newest rows of the walk before. It knows several of these rows, because one can disappear. It ends far enough below them
 * to read rows that appeared late.
 */
import { parseTime } from '@tributary/connector-api';
import { PspResponseError } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import type { ListPage } from './mollie.client.js';

/** The part of a journal that earlier walks have read. */
interface CoveredRange {
  /** Ids of the newest rows. */
  anchors: string[];
  /** Time of the newest row in milliseconds since 1970. */
  newest?: number;
}

interface Walk {
  /** The covered part when this walk is done. */
  head: CoveredRange;
  /** Ids of the first rows of pages, newest first: of every page, or of every second, fourth, … page, so that the list stays short. */
  marks: string[];
  /** Number of pages from one mark to the next. */
  stride: number;
  /** Whether the way down has met a row that earlier walks have read. */
  met: boolean;
  /** The way up. It begins when the way down is complete. */
  up?: {
    /** Id of the first row that is not needed, because it was yielded before; absent at the bottom of the journal. */
    end?: string;
  };
}

/** Position in a journal. It is part of the cursor. */
export interface JournalPosition {
  covered: CoveredRange;
  walk?: Walk;
}

export interface JournalStep {
  /** Rows, oldest first. */
  rows: Json[];
  position: JournalPosition;
}

export interface JournalSource {
  readPage(from?: string): Promise<ListPage>;
  /** Rows that are at most this many milliseconds older than the newest known row are read again. */
  rereadMs: number;
}

export const JOURNAL_START: JournalPosition = { covered: { anchors: [] } };

/** Number of pages that a walk keeps in memory instead of reading them twice. */
const MAX_BUFFERED_PAGES = 4;
const MAX_PAGE_MARKS = 256;
const MAX_ANCHORS = 5;
/** Number of pages that a way down reads between two cursors. */
const PAGES_PER_CURSOR = 20;
const MAX_ROWS_PER_STEP = 500;

/** Yields the rows after `since`, and ends when it has caught up. */
export async function* readJournal(
  journal: JournalSource,
  since: JournalPosition,
): AsyncGenerator<JournalStep> {
  let position = since;
  for (;;) {
    try {
      let long = position.walk !== undefined;
      for await (const step of walkOnce(journal, position)) {
        long ||= step.position.walk !== undefined;
        position = step.position;
        yield step;
      }
      if (!long) return;
    } catch (error) {
      // The row at which the walk continues no longer exists. A new walk begins.
      if (position.walk === undefined || !isCursorRejected(error)) throw error;
      position = { covered: position.covered };
      yield { rows: [], position };
    }
  }
}

async function* walkOnce(journal: JournalSource, position: JournalPosition): AsyncGenerator<JournalStep> {
  if (position.walk?.up === undefined) {
    let last: JournalStep | undefined;
    for await (const step of walkDown(journal, position)) yield (last = step);
    if (last?.position.walk === undefined) return;
    position = last.position;
  }
  yield* walkUp(journal, position);
}

async function* walkDown(
  journal: JournalSource,
  { covered, walk: begun }: JournalPosition,
): AsyncGenerator<JournalStep> {
  const bottom = createStopCondition(covered, journal.rereadMs);
  let walk: Walk | undefined = begun;
  let buffered: Json[][] | undefined = begun ? undefined : [];
  let pages = begun ? Math.max(0, begun.marks.length - 1) * begun.stride : 0;
  let from = begun?.marks.at(-1);
  for (;;) {
    const { rows, nextId } = await journal.readPage(from);
    walk ??= { head: toCoveredRange(rows, covered), marks: [], stride: 1, met: covered.anchors.length === 0 };
    const { above, met, end } = takeRowsAbove(rows, bottom, walk.met);
    walk = { ...addPageMark(walk, pages, from ?? rows.map(getRowId).find((id) => id !== undefined)), met };
    pages += 1;
    if (buffered && pages <= MAX_BUFFERED_PAGES) buffered.push(above);
    else buffered = undefined;
    if (end !== undefined || nextId === undefined) {
      if (buffered)
        yield* splitIntoSteps(toOldestFirst(buffered.flat()), { covered }, { covered: walk.head });
      else yield { rows: [], position: { covered, walk: { ...walk, up: end === undefined ? {} : { end } } } };
      return;
    }
    if (!buffered && pages % PAGES_PER_CURSOR === 0) yield { rows: [], position: { covered, walk } };
    from = nextId;
  }
}

/** Reads from the lowest mark to the highest. */
async function* walkUp(
  journal: JournalSource,
  { covered, walk }: JournalPosition,
): AsyncGenerator<JournalStep> {
  for (let now = walk; now?.up !== undefined;) {
    const marks = [...now.marks];
    const start = marks.pop();
    const rows: Json[] = start === undefined ? [] : await readDownTo(journal, start, now.up.end);
    const remaining: Walk | undefined =
      start === undefined || marks.length === 0 ? undefined : { ...now, marks, up: { end: start } };
    const after: JournalPosition = remaining ? { covered, walk: remaining } : { covered: now.head };
    yield* splitIntoSteps(toOldestFirst(rows), { covered, walk: now }, after);
    now = remaining;
  }
}

async function readDownTo(journal: JournalSource, start: string, end: string | undefined): Promise<Json[]> {
  const found: Json[] = [];
  let from: string | undefined = start;
  while (from !== undefined) {
    const { rows, nextId }: ListPage = await journal.readPage(from);
    const at = end === undefined ? -1 : rows.findIndex((row) => getRowId(row) === end);
    found.push(...(at === -1 ? rows : rows.slice(0, at)));
    from = at === -1 && nextId !== end ? nextId : undefined;
  }
  return found;
}

/** The condition under which a walk can end. */
interface StopCondition {
  anchors: ReadonlySet<string>;
  /** Time in milliseconds since 1970. */
  beforeTime: number;
}

function createStopCondition({ anchors, newest }: CoveredRange, rereadMs: number): StopCondition {
  return { anchors: new Set(anchors), beforeTime: newest === undefined ? -Infinity : newest - rereadMs };
}

/** Returns the rows above the first row (`end`) that is too old: older than the newest known row by more than `rereadMs`. */
function takeRowsAbove(
  rows: Json[],
  bottom: StopCondition,
  hasMet: boolean,
): { above: Json[]; met: boolean; end?: string } {
  let met = hasMet;
  for (const [index, row] of rows.entries()) {
    const id = getRowId(row);
    met ||= id !== undefined && bottom.anchors.has(id);
    const time = getRowTime(row);
    if (met && id !== undefined && time !== undefined && time < bottom.beforeTime) {
      return { above: rows.slice(0, index), met, end: id };
    }
  }
  return { above: rows, met };
}

function toCoveredRange(rows: Json[], covered: CoveredRange): CoveredRange {
  const times = [covered.newest, ...rows.map(getRowTime)].filter((time) => time !== undefined);
  const anchors = rows
    .slice(0, MAX_ANCHORS)
    .map(getRowId)
    .filter((id) => id !== undefined);
  return {
    anchors: anchors.length > 0 ? anchors : covered.anchors,
    ...(times.length > 0 ? { newest: Math.max(...times) } : {}),
  };
}

/** Adds a mark. When there are too many marks, it drops every second one and doubles the stride. */
function addPageMark(walk: Walk, page: number, id: string | undefined): Walk {
  if (id === undefined || page % walk.stride !== 0 || walk.marks.at(-1) === id) return walk;
  const marks = [...walk.marks, id];
  if (marks.length <= MAX_PAGE_MARKS) return { ...walk, marks };
  return { ...walk, marks: marks.filter((_mark, index) => index % 2 === 0), stride: walk.stride * 2 };
}

/** Splits the rows into steps. Only the last step moves the position, so all steps are repeated when one fails. */
function* splitIntoSteps(
  rows: Json[],
  before: JournalPosition,
  after: JournalPosition,
): Generator<JournalStep> {
  for (let start = 0; start === 0 || start < rows.length; start += MAX_ROWS_PER_STEP) {
    const end = start + MAX_ROWS_PER_STEP;
    yield { rows: rows.slice(start, end), position: end < rows.length ? before : after };
  }
}

/** Reverses the rows and drops duplicates. Pages overlap when a row arrived in between, or when `from` is the last row of the page before. */
function toOldestFirst(rows: Json[]): Json[] {
  const unique = new Map(rows.map((row) => [getRowId(row) ?? row.toJsonString(), row]));
  return [...unique.values()].reverse();
}

function getRowId(row: Json): string | undefined {
  return getStringOrUndefined(row, 'id');
}

function getRowTime(row: Json): number | undefined {
  const text = getStringOrUndefined(row, 'createdAt');
  return text === undefined ? undefined : parseTime(text)?.milliseconds;
}

/** Returns the string, or `undefined` when the row is invalid. An invalid row must not stop a walk: the mapper rejects it later. */
function getStringOrUndefined(row: Json, property: string): string | undefined {
  try {
    return row.optionalString(property);
  } catch {
    return undefined;
  }
}

function isCursorRejected(error: unknown): boolean {
  return error instanceof PspResponseError && (error.status === 400 || error.status === 404);
}
