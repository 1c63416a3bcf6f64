/**
 * Lists the objects to which the events of a list refer, e.g. `GET /events` with the ids of payments. The events are listed with another
 * strategy. Each object is requested once for all events of a step, and returned in its present state.
 */
import { PspError } from '../errors.js';
import type { DataWarning } from '../plugin.js';
import type { ListingContext, ListingStep } from './listing.types.js';
import { TimeBudget } from './time-budget.js';

export interface ChangesSource<Event, EventPosition, Row> {
  /** Lists the events after a position. It uses one of the listing strategies, e.g. `oldestFirst`. */
  listEvents: (since: EventPosition | undefined) => AsyncIterable<ListingStep<Event, EventPosition>>;
  /** Returns the id of an event. */
  getEventId: (event: Event) => string;
  /** Returns the id of the object to which an event refers. An event without this id costs a warning, because its change may not be listed. */
  getObjectId: (event: Event) => string | undefined;
  /** Returns the id of an object. */
  getId: (row: Row) => string;
  /**
   * Requests objects by their ids.
   * @returns the objects that still exist; also the late objects, if the PSP can list an event before its object shows the change
   * @throws PspError `rejected` if the PSP refuses to return one of the objects
   */
  fetchObjects: (ids: readonly string[], signal: AbortSignal) => Promise<Row[] | RowsWithLateObjects<Row>>;
  /** The maximum number of ids in one request. Default: 1. */
  maxIdsPerRequest?: number;
}

export interface RowsWithLateObjects<Row> {
  rows: Row[];
  /** Each further listing requests these objects again, until they are not late any more. */
  late: readonly LateObject[];
  /** The ids of the objects that the PSP did not return although an event names them. Each costs a warning, and is requested again. */
  absent?: readonly string[];
}

/** An object that does not show the change of its event yet. */
export interface LateObject {
  id: string;
  warning: DataWarning;
}

/** The position at which `changes` resumes. */
export interface ChangesPosition<EventPosition> {
  /** The position of the strategy that lists the events; absent before the first step. */
  events?: EventPosition;
  /** The ids of the objects that must still be requested for past events, oldest first. */
  pending: string[];
  /**
   * The ids of the events of the last steps, newest last. When a listing resumes, its strategy lists the last page again. The objects of
   * the events in `seen` are then not requested a second time.
   */
  seen: string[];
  /** Ids of objects that did not show the change of their event when they were requested. The next listing requests them again. */
  late?: string[];
  /** Ids of objects that events name and that the PSP did not return or refused, newest last. Each further listing requests them again. */
  absent?: string[];
  /** True if `absent` once had more ids than the cursor keeps. The warning of a dropped id is resolved if a later event returns its object. */
  hasDroppedAbsent?: true;
  /** Ids of objects that no event names, and that are requested once more for another reason. If the PSP does not return such an object, this is no warning. */
  keptOpen?: string[];
}

/** The maximum number of event ids in `seen`. Older ids are removed, so that the cursor stays small. */
const MAX_SEEN_EVENTS = 1_000;
/** The maximum number of ids of late objects in a cursor. */
const MAX_LATE_OBJECTS = 500;
/**
 * The maximum number of ids of absent objects in a cursor. If there are more, the oldest ones are not requested again; their warnings stay until a later
 * event returns their objects. The limit is small, because an object can be absent for ever.
 */
const MAX_ABSENT_OBJECTS = 100;

export interface ChangesStep<Row, EventPosition> extends ListingStep<Row, ChangesPosition<EventPosition>> {
  /** The ids of objects that events name but the PSP no longer has. */
  vanished: string[];
}

/**
 * Yields the objects of the events after `since`, in the sequence of the events.
 * @throws PspError `unavailable` if more than 500 objects do not show the change of their event. The events are then listed again later, so
 * no change is lost
 */
export async function* changes<Event, EventPosition, Row>(
  source: ChangesSource<Event, EventPosition, Row>,
  since: ChangesPosition<EventPosition> | undefined,
  context: ListingContext,
): AsyncGenerator<ChangesStep<Row, EventPosition>> {
  const budget = new TimeBudget(context);
  const { late = [], pending: unfinished, keptOpen = [], ...stored } = since ?? { pending: [], seen: [] };
  const named = new Set([...late, ...(stored.absent ?? []), ...unfinished]);
  const onlyKeptOpen = keptOpen.filter((id) => !named.has(id));
  let position: ChangesPosition<EventPosition> = {
    ...{ ...stored, pending: [...named, ...onlyKeptOpen] },
    ...(onlyKeptOpen.length > 0 && { keptOpen: onlyKeptOpen }),
  };
  for await (const step of fetchPending(source, position, budget)) {
    position = step.position;
    yield step;
    budget.restart();
  }
  for await (const { rows, position: events, ...more } of source.listEvents(position.events)) {
    const seen = new Set(position.seen);
    const news = rows.filter((event) => !seen.has(source.getEventId(event)));
    const pending = news.map(source.getObjectId).filter((id) => id !== undefined);
    const unnamed = news.filter((event) => source.getObjectId(event) === undefined);
    for (const event of rows) seen.add(source.getEventId(event));
    position = {
      ...{ ...position, events, pending: [...new Set(pending)] },
      seen: [...seen].slice(-MAX_SEEN_EVENTS),
    };
    let warnings: DataWarning[] | undefined = [
      ...(more.warnings ?? []),
      ...unnamed.map((event) => createUnnamedWarning(source.getEventId(event))),
    ];
    if (position.pending.length === 0) yield { rows: [], vanished: [], ...more, warnings, position };
    for await (const step of fetchPending(source, position, budget)) {
      position = step.position;
      yield { ...more, ...step, warnings: [...(warnings ?? []), ...(step.warnings ?? [])] };
      warnings = undefined;
      budget.restart();
    }
  }
}

/** Requests the pending objects. A step ends when its time is used up, or when no object is pending. */
async function* fetchPending<Event, EventPosition, Row>(
  source: ChangesSource<Event, EventPosition, Row>,
  {
    pending,
    late: lateBefore = [],
    absent: absentBefore = [],
    keptOpen: keptOpenBefore = [],
    ...position
  }: ChangesPosition<EventPosition>,
  budget: TimeBudget,
): AsyncGenerator<ChangesStep<Row, EventPosition>> {
  let left = pending;
  const late = new Set(lateBefore);
  const absent = new Set(absentBefore);
  const keptOpen = new Set(keptOpenBefore);
  while (left.length > 0) {
    const step: FetchedObjects<Row> = { rows: [], vanished: [], warnings: [], resolvedIds: [] };
    do {
      const ids = left.slice(0, source.maxIdsPerRequest ?? 1);
      const into = { step, late, absent, keptOpen, hasDropped: position.hasDroppedAbsent === true };
      await fetchInto(source, ids, into, budget.signal);
      left = left.slice(ids.length);
    } while (left.length > 0 && !budget.isUsedUp());
    if (late.size > MAX_LATE_OBJECTS) throw createTooManyLateError(step.warnings);
    const again = { late: [...late], absent: [...absent].slice(-MAX_ABSENT_OBJECTS) };
    const keptOpenLeft = left.filter((id) => keptOpen.has(id));
    yield {
      ...step,
      position: {
        ...{ ...position, pending: left },
        ...(again.late.length > 0 && { late: again.late }),
        ...(again.absent.length > 0 && { absent: again.absent }),
        ...(absent.size > MAX_ABSENT_OBJECTS && { hasDroppedAbsent: true as const }),
        ...(keptOpenLeft.length > 0 && { keptOpen: keptOpenLeft }),
      },
    };
  }
}

interface FetchedObjects<Row> {
  rows: Row[];
  vanished: string[];
  warnings: DataWarning[];
  resolvedIds: string[];
}

/** What the results of requests are added to. */
interface FetchTarget<Row> {
  step: FetchedObjects<Row>;
  late: Set<string>;
  absent: Set<string>;
  /** Ids that no event names, see `ChangesPosition`. */
  keptOpen: ReadonlySet<string>;
  /** Whether ids that are not in `absent` can have a warning. */
  hasDropped: boolean;
}

function createUnnamedWarning(eventId: string): DataWarning {
  const message = `the event ${eventId.slice(0, 200)} names no object; expected the id of the object that changed, whose change may now be missing`;
  return { id: `unnamed-${eventId.slice(0, 200)}`, message };
}

function createAbsentWarning(id: string): DataWarning {
  const message = `an event names the object ${id}, and the PSP does not return it; it is requested again at each listing`;
  return { id: `absent-${id}`, message };
}

function createTooManyLateError([first]: readonly DataWarning[]): PspError {
  return new PspError(
    'unavailable',
    `more than ${MAX_LATE_OBJECTS} objects do not show the change of their event; expected a few: ${first?.message ?? ''}`,
  );
}

/**
 * Requests objects and adds them to a step. If the PSP refuses to return an object, a warning is added instead, and the other objects are
 * requested one by one.
 */
async function fetchInto<Row>(
  source: Pick<ChangesSource<never, never, Row>, 'fetchObjects' | 'getId'>,
  ids: readonly string[],
  into: FetchTarget<Row>,
  signal: AbortSignal,
): Promise<void> {
  const { step, late, absent, keptOpen, hasDropped } = into;
  try {
    const fetched = await source.fetchObjects(ids, signal);
    const {
      rows,
      late: lateObjects,
      absent: absentIds = [],
    } = Array.isArray(fetched) ? { rows: fetched, late: [] } : fetched;
    const found = new Set(rows.map(source.getId));
    step.rows.push(...rows);
    step.vanished.push(...ids.filter((id) => !found.has(id)));
    for (const id of ids) {
      late.delete(id);
      if (absentIds.includes(id)) continue;
      if (absent.delete(id) || (hasDropped && found.has(id)))
        step.resolvedIds.push(`absent-${id}`, `refused-${id}`);
    }
    for (const id of absentIds) {
      if (keptOpen.has(id)) continue;
      absent.add(id);
      step.warnings.push(createAbsentWarning(id));
    }
    for (const { id, warning } of lateObjects) {
      late.add(id);
      step.warnings.push(warning);
    }
  } catch (error) {
    if (!(error instanceof PspError) || error.kind !== 'rejected') throw error;
    if (ids.length > 1) {
      for (const id of ids) await fetchInto(source, [id], into, signal);
      return;
    }
    for (const id of ids) {
      if (keptOpen.has(id)) continue;
      const message = `the object ${id} is not listed, because the PSP refuses to show it: ${error.message}; it is requested again at each listing`;
      absent.add(id);
      step.warnings.push({ id: `refused-${id}`, message });
    }
  }
}

/**
 * Returns a check for stored cursors. The check returns true for a position of `changes` whose events are listed with the given strategy.
 */
export function createChangesPositionCheck<EventPosition>(
  isEventPosition: (value: unknown) => value is EventPosition,
): (value: unknown) => value is ChangesPosition<EventPosition> {
  return (value): value is ChangesPosition<EventPosition> => {
    if (typeof value !== 'object' || value === null) return false;
    const { events, pending, seen, late, absent, keptOpen } = value as Partial<ChangesPosition<unknown>>;
    return (
      [pending, seen, late ?? [], absent ?? [], keptOpen ?? []].every((ids) => Array.isArray(ids)) &&
      (events === undefined || isEventPosition(events))
    );
  };
}
