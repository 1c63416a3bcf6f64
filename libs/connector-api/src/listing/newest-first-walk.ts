/** The state of a walk of `newestFirst`, and the pure functions that change it. */
import type { RowReader } from './listing.types.js';

/** The part of a list that earlier walks have read. */
export interface CoveredRange {
  /** Ids of the newest rows. */
  anchors: string[];
  /** Time of the newest row in milliseconds since 1970. */
  newest?: number;
}

export interface NewestFirstWalk {
  /** The part of the list that is read when this walk has ended. */
  head: CoveredRange;
  /**
   * Tokens of pages, newest page first: of every page, or of every second, fourth, … page, so that the list stays short. `null` is the
   * newest page of a list whose tokens are not ids.
   */
  marks: (string | null)[];
  /** Number of pages from one mark to the next. */
  stride: number;
  /** Whether the first half of the walk, from the newest page to older ones, has reached a row that earlier walks have read. */
  met: boolean;
  /** The second half of the walk, from the oldest new page to the newest one. Absent while the first half, from the newest page to a known row, is running. */
  up?: {
    /**
     * Ids of the newest rows that were already yielded. Each step of the way up reads from a mark down to these rows. Absent: it reads down
     * to the oldest row of the list.
     */
    ends?: string[];
  };
}

/** Where `newestFirst` resumes. */
export interface NewestFirstPosition {
  covered: CoveredRange;
  walk?: NewestFirstWalk;
}

/** Returns whether a value of a stored cursor is a position of `newestFirst`. */
export function isNewestFirstPosition(value: unknown): value is NewestFirstPosition {
  if (typeof value !== 'object' || value === null) return false;
  const { covered } = value as Partial<NewestFirstPosition>;
  return typeof covered === 'object' && covered !== null && Array.isArray(covered.anchors);
}

export const NEWEST_FIRST_START: NewestFirstPosition = { covered: { anchors: [] } };

const MAX_PAGE_MARKS = 256;
const MAX_KNOWN_IDS = 5;
/** A row without an id is identified by its JSON, which is too long for a cursor. */
const MAX_ID_LENGTH = 200;

/** The condition under which a walk down the list can end: a known row was met, and the rows are older than this time. */
export interface StopCondition {
  anchors: ReadonlySet<string>;
  /** Time in milliseconds since 1970. */
  beforeTime: number;
}

export function createStopCondition({ anchors, newest }: CoveredRange, rereadMs: number): StopCondition {
  return { anchors: new Set(anchors), beforeTime: newest === undefined ? -Infinity : newest - rereadMs };
}

/**
 * Returns the rows before the first row that is too old. A row is too old if the walk has met a known row, and the row is older than the
 * newest known row by more than `rereadMs`.
 * @returns `ends`: ids of the first rows that are too old; absent if no row is
 */
export function takeRowsUntilKnown<Row>(
  reader: RowReader<Row>,
  rows: Row[],
  stop: StopCondition,
  hasMet: boolean,
): { above: Row[]; met: boolean; ends?: string[] } {
  let met = hasMet;
  for (const [index, row] of rows.entries()) {
    met ||= stop.anchors.has(reader.getId(row));
    const time = reader.getTime(row);
    if (met && time !== undefined && time < stop.beforeTime) {
      const ends = getAnchorIds(reader, rows.slice(index));
      if (ends.length > 0) return { above: rows.slice(0, index), met, ends };
    }
  }
  return { above: rows, met };
}

/** Returns the part of the list that is read after a walk that begins with this newest page. */
export function toCoveredRange<Row>(
  reader: RowReader<Row>,
  rows: readonly Row[],
  covered: CoveredRange,
): CoveredRange {
  const times = [covered.newest, ...rows.map((row) => reader.getTime(row))].filter(
    (time) => time !== undefined,
  );
  const anchors = getAnchorIds(reader, rows);
  return {
    anchors: anchors.length > 0 ? anchors : covered.anchors,
    ...(times.length > 0 ? { newest: Math.max(...times) } : {}),
  };
}

/** Returns the ids by which the next walk recognises this place. There are several, because a row can disappear. */
export function getAnchorIds<Row>(reader: RowReader<Row>, rows: readonly Row[]): string[] {
  return rows
    .slice(0, MAX_KNOWN_IDS)
    .map((row) => reader.getId(row))
    .filter((id) => id.length <= MAX_ID_LENGTH);
}

/** Adds the token of a page to the marks. When there are too many marks, it drops every second one and doubles the stride. */
export function rememberPageToken(
  walk: NewestFirstWalk,
  page: number,
  mark: string | null | undefined,
): NewestFirstWalk {
  if (mark === undefined || page % walk.stride !== 0 || walk.marks.at(-1) === mark) return walk;
  const marks = [...walk.marks, mark];
  if (marks.length <= MAX_PAGE_MARKS) return { ...walk, marks };
  return { ...walk, marks: marks.filter((_mark, index) => index % 2 === 0), stride: walk.stride * 2 };
}
