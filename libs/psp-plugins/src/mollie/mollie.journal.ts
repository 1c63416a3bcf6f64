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
import { AnswerError } from '@tributary/connector-api/http';
import type { Json } from '@tributary/connector-api/http';
import type { Listed } from './mollie.client.js';

/** The part of a journal that earlier walks have read. */
interface Covered {
  /** Ids of the newest rows. */
  anchors: string[];
  /** Time of the newest row in milliseconds since 1970. */
  newest?: number;
}

interface Walk {
  /** The covered part when this walk is done. */
  head: Covered;
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
export interface Place {
  covered: Covered;
  walk?: Walk;
}

export interface Step {
  /** Rows, oldest first. */
  rows: Json[];
  place: Place;
}

export interface Journal {
  read(from?: string): Promise<Listed>;
  /** Rows that are at most this many milliseconds older than the newest known row are read again. */
  reread: number;
}

export const NOWHERE: Place = { covered: { anchors: [] } };

/** Number of pages that a walk keeps in memory instead of reading them twice. */
const HELD_PAGES = 4;
const MOST_MARKS = 256;
const ANCHORS = 5;
/** Number of pages that a way down reads between two cursors. */
const PAGES_PER_CURSOR = 20;
const ROWS_PER_STEP = 500;

/** Yields the rows after `since`, and ends when it has caught up. */
export async function* readJournal(journal: Journal, since: Place): AsyncGenerator<Step> {
  let place = since;
  for (;;) {
    try {
      let long = place.walk !== undefined;
      for await (const step of walkOnce(journal, place)) {
        long ||= step.place.walk !== undefined;
        place = step.place;
        yield step;
      }
      if (!long) return;
    } catch (error) {
      // The row at which the walk continues no longer exists. A new walk begins.
      if (place.walk === undefined || !isLostCursor(error)) throw error;
      place = { covered: place.covered };
      yield { rows: [], place };
    }
  }
}

async function* walkOnce(journal: Journal, place: Place): AsyncGenerator<Step> {
  if (place.walk?.up === undefined) {
    let last: Step | undefined;
    for await (const step of walkDown(journal, place)) yield (last = step);
    if (last?.place.walk === undefined) return;
    place = last.place;
  }
  yield* walkUp(journal, place);
}

async function* walkDown(journal: Journal, { covered, walk: begun }: Place): AsyncGenerator<Step> {
  const bottom = bottomOf(covered, journal.reread);
  let walk: Walk | undefined = begun;
  let held: Json[][] | undefined = begun ? undefined : [];
  let pages = begun ? Math.max(0, begun.marks.length - 1) * begun.stride : 0;
  let from = begun?.marks.at(-1);
  for (;;) {
    const { rows, next } = await journal.read(from);
    walk ??= { head: coverOf(rows, covered), marks: [], stride: 1, met: covered.anchors.length === 0 };
    const { above, met, end } = cutAt(rows, bottom, walk.met);
    walk = { ...withMark(walk, pages, from ?? rows.map(idOf).find((id) => id !== undefined)), met };
    pages += 1;
    if (held && pages <= HELD_PAGES) held.push(above);
    else held = undefined;
    if (end !== undefined || next === undefined) {
      if (held) yield* inSteps(oldestFirst(held.flat()), { covered }, { covered: walk.head });
      else yield { rows: [], place: { covered, walk: { ...walk, up: end === undefined ? {} : { end } } } };
      return;
    }
    if (!held && pages % PAGES_PER_CURSOR === 0) yield { rows: [], place: { covered, walk } };
    from = next;
  }
}

/** Reads from the lowest mark to the highest. */
async function* walkUp(journal: Journal, { covered, walk }: Place): AsyncGenerator<Step> {
  for (let now = walk; now?.up !== undefined;) {
    const marks = [...now.marks];
    const start = marks.pop();
    const rows: Json[] = start === undefined ? [] : await readDown(journal, start, now.up.end);
    const rest: Walk | undefined =
      start === undefined || marks.length === 0 ? undefined : { ...now, marks, up: { end: start } };
    const after: Place = rest ? { covered, walk: rest } : { covered: now.head };
    yield* inSteps(oldestFirst(rows), { covered, walk: now }, after);
    now = rest;
  }
}

async function readDown(journal: Journal, start: string, end: string | undefined): Promise<Json[]> {
  const found: Json[] = [];
  let from: string | undefined = start;
  while (from !== undefined) {
    const { rows, next }: Listed = await journal.read(from);
    const at = end === undefined ? -1 : rows.findIndex((row) => idOf(row) === end);
    found.push(...(at === -1 ? rows : rows.slice(0, at)));
    from = at === -1 && next !== end ? next : undefined;
  }
  return found;
}

/** The condition under which a walk can end. */
interface Bottom {
  anchors: ReadonlySet<string>;
  /** Time in milliseconds since 1970. */
  before: number;
}

function bottomOf({ anchors, newest }: Covered, reread: number): Bottom {
  return { anchors: new Set(anchors), before: newest === undefined ? -Infinity : newest - reread };
}

/** Returns the rows above the first row (`end`) that is too old: older than the newest known row by more than `rereadMs`. */
function cutAt(rows: Json[], bottom: Bottom, hasMet: boolean): { above: Json[]; met: boolean; end?: string } {
  let met = hasMet;
  for (const [index, row] of rows.entries()) {
    const id = idOf(row);
    met ||= id !== undefined && bottom.anchors.has(id);
    const time = timeOf(row);
    if (met && id !== undefined && time !== undefined && time < bottom.before) {
      return { above: rows.slice(0, index), met, end: id };
    }
  }
  return { above: rows, met };
}

function coverOf(rows: Json[], covered: Covered): Covered {
  const times = [covered.newest, ...rows.map(timeOf)].filter((time) => time !== undefined);
  const anchors = rows
    .slice(0, ANCHORS)
    .map(idOf)
    .filter((id) => id !== undefined);
  return {
    anchors: anchors.length > 0 ? anchors : covered.anchors,
    ...(times.length > 0 ? { newest: Math.max(...times) } : {}),
  };
}

/** Adds a mark. When there are too many marks, it drops every second one and doubles the stride. */
function withMark(walk: Walk, page: number, id: string | undefined): Walk {
  if (id === undefined || page % walk.stride !== 0 || walk.marks.at(-1) === id) return walk;
  const marks = [...walk.marks, id];
  if (marks.length <= MOST_MARKS) return { ...walk, marks };
  return { ...walk, marks: marks.filter((_mark, index) => index % 2 === 0), stride: walk.stride * 2 };
}

/** Splits the rows into steps. Only the last step moves the position, so all steps are repeated when one fails. */
function* inSteps(rows: Json[], before: Place, after: Place): Generator<Step> {
  for (let start = 0; start === 0 || start < rows.length; start += ROWS_PER_STEP) {
    const end = start + ROWS_PER_STEP;
    yield { rows: rows.slice(start, end), place: end < rows.length ? before : after };
  }
}

/** Reverses the rows and drops duplicates. Pages overlap when a row arrived in between, or when `from` is the last row of the page before. */
function oldestFirst(rows: Json[]): Json[] {
  const unique = new Map(rows.map((row) => [idOf(row) ?? row.toText(), row]));
  return [...unique.values()].reverse();
}

function idOf(row: Json): string | undefined {
  return textOf(row, 'id');
}

function timeOf(row: Json): number | undefined {
  const text = textOf(row, 'createdAt');
  return text === undefined ? undefined : parseTime(text)?.milliseconds;
}

/** Returns the string, or `undefined` when the row is invalid. An invalid row must not stop a walk: the mapper rejects it later. */
function textOf(row: Json, member: string): string | undefined {
  try {
    return row.optionalText(member);
  } catch {
    return undefined;
  }
}

function isLostCursor(error: unknown): boolean {
  return error instanceof AnswerError && (error.status === 400 || error.status === 404);
}
