/** The state of one walk of `newestFirst` through a list, and the pure functions that change this state. */
import type { RowReader } from './listing.types.js';

/** The range of a list that earlier walks have read. */
export interface CoveredRange {
  /** The ids of the newest rows of the range. The next walk recognises the range by them. */
  anchors: string[];
  /** The time of the newest row in milliseconds since 1970. */
  newest?: number;
}

export interface NewestFirstWalk {
  /** The range of the list that will have been read when this walk ends. */
  head: CoveredRange;
  /**
   * Tokens of pages, newest page first. The list contains the token of every page at first. If it becomes too long, it contains only every
   * second, fourth, … token. `null` stands for the newest page of a list whose tokens are not ids.
   */
  marks: (string | null)[];
  /** The number of pages from one mark (stored page token) to the next. */
  stride: number;
  /** Whether the first half of the walk (from newer to older pages) has reached a row that earlier walks have read. */
  met: boolean;
  /**
   * The state of the second half of the walk, which reads from the oldest new page to the newest page. Absent while the first half is
   * running.
   */
  up?: {
    /**
     * The ids of the newest rows that were already yielded. Each step of the second half reads from a mark down to these rows. If `ends` is
     * absent, the step reads down to the oldest row of the list.
     */
    ends?: string[];
  };
}

/** The position at which `newestFirst` resumes. */
export interface NewestFirstPosition {
  covered: CoveredRange;
  walk?: NewestFirstWalk;
}

/** Returns true if a value of a stored cursor is a position of `newestFirst`. */
export function isNewestFirstPosition(value: unknown): value is NewestFirstPosition {
  if (typeof value !== 'object' || value === null) return false;
  const { covered } = value as Partial<NewestFirstPosition>;
  return typeof covered === 'object' && covered !== null && Array.isArray(covered.anchors);
}

export const NEWEST_FIRST_START: NewestFirstPosition = { covered: { anchors: [] } };

const MAX_PAGE_MARKS = 256;
const MAX_KNOWN_IDS = 5;
/** The maximum number of characters of a row id in a cursor. A longer id is not stored, e.g. the whole JSON of a row that has no id. */
const MAX_ID_LENGTH = 200;

/**
 * The condition under which the first half of a walk ends: the walk has reached a known row, and the next rows are older than `beforeTime`.
 */
export interface StopCondition {
  anchors: ReadonlySet<string>;
  /** The time, in milliseconds since 1970, before which the rows are not read again. */
  beforeTime: number;
}

export function createStopCondition({ anchors, newest }: CoveredRange, rereadMs: number): StopCondition {
  return { anchors: new Set(anchors), beforeTime: newest === undefined ? -Infinity : newest - rereadMs };
}

/**
 * Returns the rows of a page before the first row that is too old. A row is too old if two conditions are met: the walk has reached a known
 * row, and the row is more than `rereadMs` older than the newest known row.
 * @returns `ends`: ids of the first rows that are too old; absent if no row is too old
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

/** Returns the range of the list that will have been read after a walk that begins with this newest page. */
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

/**
 * Returns the ids of the first rows. The next walk recognises the known range by these ids. There are several ids, because a row can
 * disappear.
 */
export function getAnchorIds<Row>(reader: RowReader<Row>, rows: readonly Row[]): string[] {
  return rows
    .slice(0, MAX_KNOWN_IDS)
    .map((row) => reader.getId(row))
    .filter((id) => id.length <= MAX_ID_LENGTH);
}

/**
 * Adds the token of a page to the stored tokens (marks). If there are too many marks, every second mark is removed, and the number of pages
 * between two marks is doubled.
 */
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
