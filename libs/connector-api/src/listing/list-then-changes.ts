/**
 * Lists rows with one strategy, and then the rows that a list of events names, see `changes`. It is for a PSP that lists its objects by the time of
 * their creation, and whose changes appear in another list, e.g. in a ledger.
 */
import { changes, createChangesCheck } from './changed-objects-listing.js';
import type { ChangesPosition, ChangesSource } from './changed-objects-listing.js';
import type { ListingContext, ListingStep } from './listing.types.js';

/** Where `listThenChanges` resumes. */
export interface ListThenChangesPosition<Position, EventPosition> {
  /** The position of the strategy; absent before its first step. */
  list?: Position;
  changes: ChangesPosition<EventPosition>;
}

export interface ListThenChangesOptions<Row, Position, Event, EventPosition> {
  /** Lists the rows after a position. */
  list: (since: Position | undefined) => AsyncIterable<ListingStep<Row, Position>>;
  events: ChangesSource<Event, EventPosition, Row>;
}

/** Yields the rows of the list, and then the rows that the events after `since` name. The gateway has stored the first ones by then. */
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
  for await (const { rows, warnings = [], ...step } of changes(options.events, since.changes, context)) {
    position = { ...position, changes: step.position };
    yield { rows, warnings, position };
  }
}

/** Returns a check for stored cursors: whether a value is a position of `listThenChanges` around these strategies. */
export function createListThenChangesCheck<Position, EventPosition>(
  isListPosition: (value: unknown) => value is Position,
  isEventPosition: (value: unknown) => value is EventPosition,
): (value: unknown) => value is ListThenChangesPosition<Position, EventPosition> {
  const isChangesPosition = createChangesCheck(isEventPosition);
  return (value): value is ListThenChangesPosition<Position, EventPosition> => {
    if (typeof value !== 'object' || value === null) return false;
    const { list, changes: events } = value as Partial<ListThenChangesPosition<unknown, unknown>>;
    return isChangesPosition(events) && (list === undefined || isListPosition(list));
  };
}
