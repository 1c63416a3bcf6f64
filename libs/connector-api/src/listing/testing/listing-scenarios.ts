/** Random scenarios for the property-based tests: events in a list, and interruptions of its listing. */
import fc from 'fast-check';
import type { ModelFault, ModelFeed, ModelList } from './model-list.js';

const MINUTE_MS = 60_000;

/** A change of the list between two pulls. */
export interface ScenarioEvent {
  kind: 'new' | 'late' | 'vanish' | 'change';
  /** A number that determines the time of a new row, or selects an existing row. */
  value: number;
}

export interface Scenario {
  pageSize: number;
  /** The times of the first rows, each as a fraction of the history from 0 to 1. Equal values result in equal times. */
  history: number[];
  /** The interrupted pulls, and the events that follow each of them. */
  pulls: { maxPages: number; faults: ModelFault[]; events: ScenarioEvent[] }[];
}

export interface ScenarioLimits {
  kinds: readonly ScenarioEvent['kind'][];
  maxPageSize?: number;
}

export function createScenarioArbitrary({ kinds, maxPageSize = 12 }: ScenarioLimits): fc.Arbitrary<Scenario> {
  const event = fc.record({ kind: fc.constantFrom(...kinds), value: fc.nat({ max: 1000 }) });
  return fc.record({
    pageSize: fc.oneof(fc.constant(1), fc.constant(maxPageSize), fc.integer({ min: 1, max: maxPageSize })),
    history: fc.array(
      fc.nat({ max: 20 }).map((tick) => tick / 20),
      { maxLength: 60 },
    ),
    pulls: fc.array(
      fc.record({
        maxPages: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 4 })),
        faults: fc.array(fc.constantFrom('none', 'none', 'none', 'rate-limited', 'server-error', 'timeout'), {
          maxLength: 4,
        }),
        events: fc.array(event, { maxLength: 4 }),
      }),
      { maxLength: 12 },
    ),
  });
}

/** The time in ms between the beginning of the history and the present. */
export const HISTORY_MS = 200 * 24 * 60 * MINUTE_MS;

/**
 * Runs a scenario: pulls that fail or are stopped, with events between them, and then pulls without interruption.
 * @param latenessMs the maximum age in ms of a row that appears late
 */
export async function playScenario<Position>(
  scenario: Scenario,
  list: ModelList,
  feed: ModelFeed<Position>,
  latenessMs: number,
): Promise<void> {
  const { clock } = list;
  for (const share of scenario.history) list.add(clock.time - Math.floor((1 - share) * HISTORY_MS) - 1);
  for (const { maxPages, faults, events } of scenario.pulls) {
    list.faults = [...faults];
    await feed.pull({ maxPages });
    list.faults = [];
    clock.time += MINUTE_MS;
    for (const one of events) applyEvent(list, one, latenessMs);
  }
  await feed.pull();
  clock.time += MINUTE_MS;
  await feed.pull();
}

function applyEvent(list: ModelList, { kind, value }: ScenarioEvent, latenessMs: number): void {
  const { clock } = list;
  switch (kind) {
    case 'new':
      list.add(clock.time - 1 - (value % 3));
      return;
    case 'late':
      list.add(clock.time - 1 - Math.floor((value / 1000) * latenessMs * 0.9));
      return;
    case 'vanish':
      list.remove(value);
      return;
    case 'change': {
      const row = list.rows[value % Math.max(1, list.rows.length)];
      if (row) row.state = 'final';
      return;
    }
  }
}
