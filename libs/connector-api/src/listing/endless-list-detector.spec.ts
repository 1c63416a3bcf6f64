import { PspError } from '../errors.js';
import { changes, newestFirst, oldestFirst, readPages, snapshot, timeWindows } from './index.js';
import type { ListingContext, TokenPage } from './index.js';
import { EndlessListDetector } from './endless-list-detector.js';
import { MODEL_READER, ModelClock } from './testing/model-list.js';
import type { ModelRow } from './testing/model-list.js';

const NOW = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
/**
 * The maximum number of requests in these tests. It is larger than the limit of the detector, because the time windows before the endless
 * window have some pages, too.
 */
const MAX_REQUESTS = 1_100;
const ROW: ModelRow = { id: 'row-1', time: NOW - DAY_MS, state: 'final' };

type FetchPage = () => Promise<TokenPage<ModelRow>>;
type List = (fetchPage: FetchPage, context: ListingContext) => AsyncIterable<unknown>;

const windows = {
  ...MODEL_READER,
  start: NOW - 30 * DAY_MS,
  overlapMs: 0,
  resolutionMs: 1,
  paging: 'token' as const,
};

const STRATEGIES: Record<string, List> = {
  snapshot: (fetchPage, context) =>
    snapshot({ ...MODEL_READER, fetchPage, getVersion: ({ state }) => state }, undefined, context),
  oldestFirst: (fetchPage, context) => oldestFirst({ ...MODEL_READER, fetchPage }, undefined, context),
  newestFirst: (fetchPage, context) =>
    newestFirst({ ...MODEL_READER, fetchPage, isTokenFirstId: false, rereadMs: 0 }, undefined, context),
  'timeWindows, newest first': (fetchPage, context) =>
    timeWindows({ ...windows, fetchPage, order: 'newest-first' }, undefined, context),
  'timeWindows, without an order': (fetchPage, context) =>
    timeWindows({ ...windows, fetchPage, order: 'unordered' }, undefined, context),
  'changes of oldestFirst': (fetchPage, context) => {
    const listEvents = () => oldestFirst({ ...MODEL_READER, fetchPage }, undefined, context);
    const { getId } = MODEL_READER;
    const fetchObjects = async () => [ROW];
    return changes(
      { listEvents, getEventId: getId, getObjectId: getId, getId, fetchObjects },
      undefined,
      context,
    );
  },
};

describe.each(Object.entries(STRATEGIES))('%s', (_name, list) => {
  it.each<[string, ModelRow[]]>([
    ['with rows that were read before', [ROW]],
    ['without rows', []],
  ])('reports a list that never ends, whose pages have a new token each, %s', async (_kind, rows) => {
    let requestCount = 0;
    const fetchPage = async () => {
      requestCount += 1;
      if (requestCount > MAX_REQUESTS) throw new Error('the listing requests pages for ever');
      return { rows, next: `token-${requestCount}` };
    };
    const reading = readToEnd(list(fetchPage, { clock: new ModelClock(NOW) }));
    await expect(reading).rejects.toThrow(/^the listing does not end/);
  });

  it('reads a long list to its end, although 900 pages have no row', async () => {
    let requestCount = 0;
    const fetchPage = async () => {
      requestCount += 1;
      return {
        rows: requestCount === 1 ? [ROW] : [],
        ...(requestCount < 900 && { next: `${requestCount}` }),
      };
    };
    await readToEnd(list(fetchPage, { clock: new ModelClock(NOW) }));
    expect(requestCount).toBeGreaterThanOrEqual(900);
  });
});

it('reports repeated rows before the time limit of a page, and not because of pages without rows', () => {
  const detector = new EndlessListDetector<number>(String);
  let page = 0;
  const addPage = (rows: number[]) => detector.addPage({ rows, next: `${(page += 1)}` });
  addPage([1, 2]);
  for (let time = 0; time < 20; time += 1) addPage([1, 2]);
  addPage([]);
  for (let time = 0; time < 20; time += 1) addPage([2, 1]);
  expect(() => addPage([2])).toThrow('21 pages with rows that were all read before');
});

it('readPages reports a list whose pages have no rows', async () => {
  let requestCount = 0;
  const fetchPage = async () => ({ rows: [], next: `${(requestCount += 1)}` });
  await expect(readToEnd(readPages(fetchPage))).rejects.toThrow('1001 pages without a new row');
  expect(requestCount).toBe(1_001);
});

it('forgets old ids, so that its memory is limited, and still reports a loop', () => {
  const detector = new EndlessListDetector<number>(String);
  for (let page = 0; page < 120; page += 1) {
    const rows = Array.from({ length: 1_000 }, (_value, index) => page * 1_000 + index);
    detector.addPage({ rows, next: `${page}` });
  }
  expect(Reflect.get(detector, 'ids')).toHaveProperty('size', 20_000);
  expect(() => detector.addPage({ rows: [], next: '7' })).toThrow(PspError);
});

async function readToEnd(steps: AsyncIterable<unknown>): Promise<void> {
  for await (const step of steps) void step;
}
