/**
 * Lists rows with one strategy, and then the objects to which a list of events refers, see `changes`. Use it for a PSP that lists its
 * objects by the time of their creation, and whose changes appear in another list, e.g. in a ledger.
 */
import { changes, createChangesPositionCheck } from './changed-objects-listing.js';
import type { ChangesPosition, ChangesSource } from './changed-objects-listing.js';
import type { ListingContext, ListingStep } from './listing.types.js';

/** The position at which `listThenChanges` resumes. */
export interface ListThenChangesPosition<Position, EventPosition> {
  /** The position of the strategy that lists the rows. It is absent before the first step. */
  list?: Position;
  changes: ChangesPosition<EventPosition>;
}

export interface ListThenChangesOptions<Row, Position, Event, EventPosition> {
  /** Lists the rows after a position. */
  list: (since: Position | undefined) => AsyncIterable<ListingStep<Row, Position>>;
  events: ChangesSource<Event, EventPosition, Row>;
}

/** Yields the rows of the list, and then the objects of the events after `since`. By then, the gateway has stored the rows of the list. */
export async function* listThenChanges<Row, Position, Event, EventPosition>(
  options: ListThenChangesOptions<Row, Position, Event, EventPosition>,
  since: ListThenChangesPosition<Position, EventPosition>,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, ListThenChangesPosition<Position, EventPosition>>> {
  let position = since;
  for await (const step of options.list(since.list)) {
    position = { ...position, list: step.position };
    yield { ...step, position };
  }
  for await (const step of changes(options.events, since.changes, context)) {
    const { rows, warnings = [], resolvedIds = [] } = step;
    position = { ...position, changes: step.position };
    yield { rows, warnings, resolvedIds, position };
  }
}

/** Returns a check for stored cursors. The check returns true for a position of `listThenChanges` with the given strategies. */
export function createListThenChangesPositionCheck<Position, EventPosition>(
  isListPosition: (value: unknown) => value is Position,
  isEventPosition: (value: unknown) => value is EventPosition,
): (value: unknown) => value is ListThenChangesPosition<Position, EventPosition> {
  const isChangesPosition = createChangesPositionCheck(isEventPosition);
  return (value): value is ListThenChangesPosition<Position, EventPosition> => {
    if (typeof value !== 'object' || value === null) return false;
    const { list, changes: events } = value as Partial<ListThenChangesPosition<unknown, unknown>>;
    return isChangesPosition(events) && (list === undefined || isListPosition(list));
  };
}
