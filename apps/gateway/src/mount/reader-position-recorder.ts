/**
 * Records the position of each reader (the client of one API key) in each feed. A request only changes the state in memory. Every few
 * seconds the changes are written to the store together, with one row for each reader and stream.
 */
import { deriveReaderId } from '@tributary/auth';
import type { Stream } from '@tributary/connector-api';
import type { PageQuery } from '@tributary/connector-api/contract';
import { UNAUTHORIZED_READER, type ReaderRequests, type Store } from '@tributary/feed';

const FLUSH_INTERVAL_MS = 10_000;
/**
 * The maximum number of readers whose ids are kept in memory. Only accepted keys have an entry, so the limit is higher than the number of
 * readers of any deployment.
 */
const MAX_READER_IDS = 10_000;

interface ReaderState {
  pending: ReaderRequests | undefined;
  /** The time of the last request of a first page. Requests that only continue a long list are not counted. */
  polledAt: number | undefined;
  /** True if the last page that the reader got was the last page of the feed. */
  isCaughtUp: boolean;
}

export class ReaderPositionRecorder {
  private readonly states = new Map<string, ReaderState>();
  private readonly readerIds = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Pick<Store, 'recordReaderRequests'>,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Records a page that is served to a reader.
   * @param rows number of rows in the page
   */
  recordPage(
    connector: string,
    stream: Stream,
    authorization: string | undefined,
    { page, pageSize, fromMs }: Pick<PageQuery, 'page' | 'pageSize' | 'fromMs'>,
    rows: number,
  ): void {
    const reader = this.findReaderId(authorization);
    const state = this.findState(connector, reader, stream);
    const requestedAt = this.now();
    const isPoll = page === 1 && (state.isCaughtUp || state.polledAt === undefined);
    const intervalMs = isPoll && state.polledAt !== undefined ? requestedAt - state.polledAt : undefined;
    if (isPoll) state.polledAt = requestedAt;
    state.isCaughtUp = rows < pageSize;
    const lastIntervalMs = intervalMs ?? state.pending?.intervalMs;
    state.pending = {
      ...{ connector, reader, stream, requestedAt, rowsRead: (page - 1) * pageSize + rows },
      ...(fromMs === undefined ? {} : { fromMs }),
      ...(lastIntervalMs === undefined ? {} : { intervalMs: lastIntervalMs }),
      count: (state.pending?.count ?? 0) + 1,
    };
  }

  /** Counts a request without a valid key. */
  recordUnauthorized(connector: string, stream: Stream): void {
    const state = this.findState(connector, UNAUTHORIZED_READER, stream);
    const count = (state.pending?.count ?? 0) + 1;
    state.pending = { connector, reader: UNAUTHORIZED_READER, stream, requestedAt: this.now(), count };
  }

  start(): void {
    this.timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS);
    this.timer.unref();
  }

  /** Writes the remaining changes. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.flush();
  }

  /**
   * Writes the requests since the last write. The method never throws: if the write fails, these requests are written together with the
   * next requests.
   */
  flush(): Promise<void> {
    this.running = this.running.then(() => this.write());
    return this.running;
  }

  private async write(): Promise<void> {
    const states = [...this.states.values()].filter(({ pending }) => pending !== undefined);
    const requests = states.flatMap(({ pending }) => pending ?? []);
    if (requests.length === 0) return;
    for (const state of states) state.pending = undefined;
    try {
      await this.store.recordReaderRequests(requests);
    } catch {
      // The store logs its own failures. After a failed write, the requests are added to the requests of the next write.
      states.forEach((state, index) => {
        const lost = requests[index]!;
        state.pending = state.pending ? { ...state.pending, count: state.pending.count + lost.count } : lost;
      });
    }
  }

  private findState(connector: string, reader: string, stream: Stream): ReaderState {
    const key = `${connector} ${reader} ${stream}`;
    let state = this.states.get(key);
    if (state === undefined) {
      state = { pending: undefined, polledAt: undefined, isCaughtUp: false };
      this.states.set(key, state);
    }
    return state;
  }

  /** Returns the id of a reader. The id is kept in memory, because hashing a key takes longer than serving a page from memory. */
  private findReaderId(authorization = ''): string {
    let id = this.readerIds.get(authorization);
    if (id === undefined) {
      if (this.readerIds.size >= MAX_READER_IDS) this.readerIds.clear();
      id = deriveReaderId(authorization);
      this.readerIds.set(authorization, id);
    }
    return id;
  }
}
