/**
 * Lets requests wait for new rows of a feed. The feed is polled, because another gateway may append the rows. It is polled only while
 * requests wait, and one poll serves all requests that wait for the same feed.
 */
import type { Stream } from '@tributary/connector-api';
import { ContractError } from '@tributary/connector-api/contract';
import type { Store } from '@tributary/feed';
import { systemClock, type Clock } from '@tributary/sync';
import { HttpStatus } from '@nestjs/common';

const POLL_INTERVAL_MS = 500;
/** The maximum number of waiting requests. Each of them keeps a connection open. Further requests get a 503. */
const MAX_WAITING_REQUESTS = 1_000;

interface WaitingRequest {
  /** The sequence number of the last row that the client already has. */
  after: number;
  finish: () => void;
}

export class FeedRowWatcher {
  /** The waiting requests by connector path and stream. Each entry of the map is polled. */
  private readonly requests = new Map<string, Set<WaitingRequest>>();
  private waitingCount = 0;
  private stopped = false;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock = systemClock,
  ) {}

  /** True if the gateway is stopping, so that open responses must end. */
  get isStopping(): boolean {
    return this.stopped;
  }

  /**
   * Waits until a feed has a row after the sequence number `after`.
   * @returns when the feed has such a row, after `timeoutMs`, when the signal is aborted, or when the gateway stops
   * @throws ContractError 503 when too many requests are waiting
   */
  async wait(
    path: string,
    stream: Stream,
    after: number,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    if (this.stopped || signal.aborted) return;
    if (this.waitingCount >= MAX_WAITING_REQUESTS) throw createTooManyError();
    const key = `${path} ${stream}`;
    const waiting = this.requests.get(key) ?? this.startPoll(key, path, stream);
    this.waitingCount++;
    const { promise, resolve } = Promise.withResolvers<void>();
    const request = { after, finish: () => resolve() };
    waiting.add(request);
    const cancelTimer = this.clock.after(timeoutMs, request.finish);
    signal.addEventListener('abort', request.finish);
    await promise;
    signal.removeEventListener('abort', request.finish);
    cancelTimer();
    waiting.delete(request);
    this.waitingCount--;
  }

  /** Ends all waiting requests. */
  stop(): void {
    this.stopped = true;
    for (const waiting of this.requests.values()) finishAll(waiting);
  }

  private startPoll(key: string, path: string, stream: Stream): Set<WaitingRequest> {
    const waiting = new Set<WaitingRequest>();
    this.requests.set(key, waiting);
    const poll = async (): Promise<void> => {
      await this.finishServed(path, stream, waiting);
      if (waiting.size === 0 || this.stopped) this.requests.delete(key);
      else this.clock.after(POLL_INTERVAL_MS, () => void poll());
    };
    this.clock.after(POLL_INTERVAL_MS, () => void poll());
    return waiting;
  }

  /** Ends the requests whose row has arrived. After an error all requests are ended, because their next read reports the error. */
  private async finishServed(
    path: string,
    stream: Stream,
    waiting: ReadonlySet<WaitingRequest>,
  ): Promise<void> {
    if (waiting.size === 0) return;
    try {
      const feed = await this.store.feed(path, stream);
      const { rows } = await feed.head();
      for (const { after, finish } of waiting) if (rows > after) finish();
    } catch {
      finishAll(waiting);
    }
  }
}

function finishAll(waiting: ReadonlySet<WaitingRequest>): void {
  for (const { finish } of waiting) finish();
}

function createTooManyError(): ContractError {
  return new ContractError(
    HttpStatus.SERVICE_UNAVAILABLE,
    'Too many requests wait',
    `${MAX_WAITING_REQUESTS} requests wait for rows already. Try again later, or without wait.`,
    { 'retry-after': '5' },
  );
}
