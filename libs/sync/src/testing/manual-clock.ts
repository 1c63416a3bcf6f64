/** A clock for tests that a test advances itself, and functions that wait for asynchronous work. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../clock.js';

interface Timer {
  at: number;
  run: () => void;
}

/** Work that must end before a clock advances, e.g. calls of a store. */
export interface PendingWork {
  readonly isUnderWay: boolean;
  /** Waits until no work is in progress. */
  waitUntilSettled(): Promise<void>;
}

const NO_WORK: PendingWork = { isUnderWay: false, waitUntilSettled: async () => undefined };

/** A clock whose time changes only when a test calls `advance` or `shift`. */
export class ManualClock implements Clock {
  /**
   * Timers fire at multiples of this number of milliseconds. A test that simulates hours sets a longer time, so that a program that polls
   * twice per second costs less.
   */
  resolutionMs = 1;
  private readonly timers = new Set<Timer>();

  /** @param pendingWork work that must end before the clock advances */
  constructor(
    private time = Date.UTC(2026, 0, 1),
    private readonly pendingWork: PendingWork = NO_WORK,
  ) {}

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const dueAt = this.time + Math.max(0, milliseconds);
    const timer = { at: Math.ceil(dueAt / this.resolutionMs) * this.resolutionMs, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** The number of active timers. It shows a test how much work an idle program does. */
  get timerCount(): number {
    return this.timers.size;
  }

  /**
   * Changes the time by some milliseconds, as an administrator does who sets the clock. The remaining delay of each timer stays the same.
   */
  shift(changeMs: number): void {
    this.time += changeMs;
    for (const timer of this.timers) timer.at += changeMs;
  }

  /** Advances the time, fires the due timers in order, and waits until the work of the timers has ended. */
  async advance(milliseconds: number): Promise<void> {
    await waitForIdle(this.pendingWork);
    const end = this.time + milliseconds;
    for (let next = this.nextTimer(end); next; next = this.nextTimer(end)) {
      this.time = Math.max(this.time, next.at);
      this.timers.delete(next);
      next.run();
      await waitForIdle(this.pendingWork);
    }
    this.time = end;
    await waitForIdle(this.pendingWork);
  }

  private nextTimer(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.at <= end && (!first || timer.at < first.at)) first = timer;
    }
    return first;
  }
}

/** Waits until ten turns of the event loop have passed without other work. */
async function waitForIdle(pendingWork: PendingWork): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    await setImmediate();
    if (!pendingWork.isUnderWay) continue;
    await pendingWork.waitUntilSettled();
    turn = 0;
  }
}

/**
 * Waits until a condition is true, e.g. after work of the real store.
 * @throws Error when the condition is still false after 10 s
 */
export async function waitUntil(
  description: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const giveUpAt = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > giveUpAt) throw new Error(`it never happened: ${description}`);
    // A condition that reads the store is also pending work, and the clock advances only when there is none. The pause gives the clock time
    // to advance.
    await sleep(5);
  }
}
