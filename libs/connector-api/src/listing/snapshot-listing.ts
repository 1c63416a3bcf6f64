/**
 * Lists a list that has neither times nor filters. Each listing reads the whole list and reports which rows appeared, changed or vanished.
 * The cursor contains the id and a digest of each row, so this strategy is suitable for lists of up to some thousand rows: accounts,
 * counterparties, plans.
 */
import { createHash } from 'node:crypto';
import type { DataWarning } from '../plugin.js';
import { EndlessListDetector } from './endless-list-detector.js';
import type { ListingContext, ListingStep, RowReader, TokenPage } from './listing.types.js';
import { PageTokenExpiredError } from './newest-first-listing.js';
import { TimeBudget } from './time-budget.js';

export interface SnapshotSource<Row> extends Pick<RowReader<Row>, 'getId'> {
  /**
   * Requests one page.
   * @param token `next` of the previous page; absent for the first page
   * @throws PageTokenExpiredError if the PSP no longer accepts the token. The list is then read from its beginning
   */
  fetchPage: (token: string | undefined, signal: AbortSignal) => Promise<TokenPage<Row>>;
  /** Returns a string that changes whenever the row changes, e.g. the JSON of its served properties. */
  getVersion: (row: Row) => string;
}

/** The position at which `snapshot` resumes. */
export interface SnapshotPosition {
  /** The id of each row of the list, and a digest of its version. */
  known: [id: string, digest: string][];
  /** The ids of known rows that were not found in the last complete reading. */
  missing: string[];
  /** The state of an unfinished reading: the token of its next page, and the ids that were found so far. */
  reading?: { token: string; found: string[] };
}

export interface SnapshotStep<Row> extends ListingStep<Row, SnapshotPosition> {
  /**
   * The rows that did not change since the last listing. In contrast, `rows` contains the rows that appeared or changed, in the order of
   * the PSP.
   */
  unchanged: Row[];
  /**
   * The ids of rows that were not found in two successive complete readings. One reading is not enough, because a row that moves between
   * two pages can be missed.
   */
  vanished: string[];
}

/**
 * The maximum number of rows whose digests are stored. If the list has more rows, the further rows are returned at each listing, and it is
 * not detected when they vanish.
 */
const MAX_KNOWN_ROWS = 20_000;
/** The number of rows after which a step is yielded. The gateway commits each step. */
const MAX_ROWS_PER_STEP = 500;
/** The maximum number of times that one listing starts again at the first page because a token expired. */
const MAX_NEW_READINGS = 3;

/**
 * Yields the whole list once.
 * @throws PspError `unavailable` if the list does not end, see `EndlessListDetector`
 */
export async function* snapshot<Row>(
  source: SnapshotSource<Row>,
  since: SnapshotPosition | undefined,
  context: ListingContext,
): AsyncGenerator<SnapshotStep<Row>> {
  const budget = new TimeBudget(context);
  const known = new Map(since?.known);
  let detector = new EndlessListDetector<Row>(source.getId);
  let found = new Set(since?.reading?.found);
  let token = since?.reading?.token;
  let step = createEmptyStep<Row>();
  for (let newReadings = 0; ;) {
    const page = await source.fetchPage(token, budget.signal).catch((error: unknown) => {
      if (!(error instanceof PageTokenExpiredError) || newReadings >= MAX_NEW_READINGS) throw error;
      return undefined;
    });
    if (page === undefined) {
      newReadings += 1;
      token = undefined;
      found = new Set();
      detector = new EndlessListDetector(source.getId);
      continue;
    }
    detector.addPage(page);
    for (const row of page.rows) addRow(source, row, { known, found, step });
    token = page.next;
    if (token === undefined) break;
    if (step.rows.length + step.unchanged.length < MAX_ROWS_PER_STEP && !budget.isUsedUp()) continue;
    const position = {
      known: [...known],
      missing: since?.missing ?? [],
      reading: { token, found: [...found] },
    };
    yield { ...step, position };
    step = createEmptyStep();
    budget.restart();
  }
  yield { ...step, ...endReading(known, found, since?.missing ?? []) };
}

interface StepRows<Row> {
  rows: Row[];
  unchanged: Row[];
  vanished: string[];
  warnings: DataWarning[];
}

function createEmptyStep<Row>(): StepRows<Row> {
  return { rows: [], unchanged: [], vanished: [], warnings: [] };
}

function addRow<Row>(
  source: SnapshotSource<Row>,
  row: Row,
  { known, found, step }: { known: Map<string, string>; found: Set<string>; step: StepRows<Row> },
): void {
  const id = source.getId(row);
  const digest = createHash('sha256').update(source.getVersion(row)).digest('base64').slice(0, 12);
  const isKnown = known.has(id);
  (known.get(id) === digest ? step.unchanged : step.rows).push(row);
  if (isKnown || known.size < MAX_KNOWN_ROWS) {
    known.set(id, digest);
    found.add(id);
  } else if (step.warnings.length === 0) {
    const message = `the list has more than ${MAX_KNOWN_ROWS} rows; it is not noticed when one of the others vanishes`;
    step.warnings.push({ id: 'snapshot-too-long', message });
  }
}

/** Compares the result of a complete reading with the known rows. */
function endReading(
  known: Map<string, string>,
  found: ReadonlySet<string>,
  missingBefore: readonly string[],
): { position: SnapshotPosition; vanished: string[] } {
  const absent = [...known.keys()].filter((id) => !found.has(id));
  const vanished = absent.filter((id) => missingBefore.includes(id));
  for (const id of vanished) known.delete(id);
  const missing = absent.filter((id) => known.has(id));
  return { position: { known: [...known], missing }, vanished };
}

/** Returns true if a value of a stored cursor is a position of `snapshot`. */
export function isSnapshotPosition(value: unknown): value is SnapshotPosition {
  if (typeof value !== 'object' || value === null) return false;
  const { known, missing, reading } = value as Partial<SnapshotPosition>;
  return (
    Array.isArray(known) &&
    Array.isArray(missing) &&
    (reading === undefined || (typeof reading === 'object' && Array.isArray(reading.found)))
  );
}
