/**
 * Lists objects by the time of their creation, and then the objects that changed since, which a list of events names. It is for a PSP whose lists have no filter
 * for changes, and whose events can be filtered by time. A PSP that sends the objects together with their events costs no request for each object.
 */
import { createHash } from 'node:crypto';
import { Json } from '../http/json-accessors.js';
import type { ChangesSource } from './changed-objects-listing.js';
import { createListThenChangesPositionCheck, listThenChanges } from './list-then-changes.js';
import type { ListThenChangesPosition } from './list-then-changes.js';
import type { ListingContext, ListingStep, TokenPage } from './listing.types.js';
import type { TimeWindowQuery } from './read-window.js';
import { isRereadTimeWindowsPosition, rereadTimeWindows } from './reread-time-windows.js';
import type { RereadTimeWindowsOptions, RereadTimeWindowsPosition } from './reread-time-windows.js';
import { isTimeWindowsPosition } from './time-window-listing.js';
import type { TimeWindowsPosition } from './time-window-listing.js';
import { timeWindowsReadOnce } from './time-windows-read-once.js';

/** A page of events, and the objects that they name, as far as the PSP sends them. */
export interface EventPage<Row> extends TokenPage<Row> {
  objects?: readonly Row[];
}

/** How the objects and the events are listed. Events have their id and time in the same properties as objects. */
export interface ListWithEventsOptions<Row> extends RereadTimeWindowsOptions<Row> {
  /** Requests a page of events as `fetchPage` requests a page of objects. */
  fetchEvents: (window: TimeWindowQuery, signal: AbortSignal) => Promise<EventPage<Row>>;
  /** @returns the id of the object to which an event refers. An event without this id costs a warning */
  getObjectId: (event: Row) => string | undefined;
  /**
   * Requests an object that the PSP did not send with its event.
   * @returns `undefined` if it does not exist. This costs a warning, and the object is requested again at each listing
   */
  fetchObject: (id: string, signal: AbortSignal) => Promise<Row | undefined>;
}

/** The position at which `listWithEvents` resumes. */
export type ListWithEventsPosition = ListThenChangesPosition<RereadTimeWindowsPosition, TimeWindowsPosition>;

/** Returns true if a value of a stored cursor is a position of `listWithEvents`. */
export const isListWithEventsPosition = createListThenChangesPositionCheck(
  isRereadTimeWindowsPosition,
  isTimeWindowsPosition,
);

/** Returns a position after which the objects with these ids are requested once more. */
function addPendingObjects(position: ListWithEventsPosition, ids: readonly string[]): ListWithEventsPosition {
  const { changes } = position;
  return {
    ...position,
    changes: { ...changes, keptOpen: [...new Set([...(changes.keptOpen ?? []), ...ids])] },
  };
}

/** The options of `createRecordSource` and `createSettlementSource` for a list that is read with `listWithEvents`. */
export const LIST_WITH_EVENTS_SOURCE = { isPosition: isListWithEventsPosition, keepOpen: addPendingObjects };

const INITIAL_EVENTS_WINDOW_MS = 86_400_000;
/** The number of objects that are read between two checks of the time limit. */
const OBJECTS_PER_REQUEST = 10;

/** Yields new objects, those of the last `changesWithinMs` again, and then those that events name. The first listing reads no older events. */
export function listWithEvents<Row>(
  options: ListWithEventsOptions<Row>,
  since: ListWithEventsPosition | undefined,
  context: ListingContext,
): AsyncGenerator<ListingStep<Row, ListWithEventsPosition>> {
  const firstEvents = { at: context.clock.now() - options.overlapMs, span: INITIAL_EVENTS_WINDOW_MS };
  return listThenChanges(
    {
      list: (position) => rereadTimeWindows(options, position, context),
      events: createEventsSource(options, context),
    },
    since ?? { changes: { events: firstEvents, pending: [], seen: [] } },
    context,
  );
}

function createEventsSource<Row>(
  options: ListWithEventsOptions<Row>,
  context: ListingContext,
): ChangesSource<Row, TimeWindowsPosition, Row> {
  const { fetchEvents, getObjectId, getId, fetchObject } = options;
  const sent = new Map<string, Row>();
  const fetchPage = async (window: TimeWindowQuery, signal: AbortSignal) => {
    const { objects = [], ...page } = await fetchEvents(window, signal);
    for (const row of objects) sent.set(getId(row), row);
    return page;
  };
  const takeObject = async (id: string, signal: AbortSignal) => {
    const row = sent.get(id) ?? (await fetchObject(id, signal));
    sent.delete(id);
    return row;
  };
  // The objects that are sent with their events cost no request. So the events of the overlap count as new ones if their objects have changed
  // since: a PSP can list an event before its object shows the change.
  const getEventId = (event: Row) => {
    const row = sent.get(getObjectId(event) ?? '');
    return row === undefined ? getId(event) : `${getId(event)} ${createDigest(row)}`;
  };
  return {
    listEvents: (since) => timeWindowsReadOnce({ ...options, fetchPage }, since, context),
    ...{ getEventId, getObjectId, getId },
    fetchObjects: async (ids, signal) => {
      const rows: Row[] = [];
      const absent: string[] = [];
      for (const id of ids) {
        const row = await takeObject(id, signal);
        if (row === undefined) absent.push(id);
        else rows.push(row);
      }
      return { rows, late: [], absent };
    },
    maxIdsPerRequest: OBJECTS_PER_REQUEST,
  };
}

/** The length of a digest of an object. The cursor contains up to 1 000 digests. */
const DIGEST_LENGTH = 12;

function createDigest(row: unknown): string {
  const text = row instanceof Json ? row.toJsonString() : JSON.stringify(row);
  return createHash('sha256').update(text).digest('base64url').slice(0, DIGEST_LENGTH);
}
