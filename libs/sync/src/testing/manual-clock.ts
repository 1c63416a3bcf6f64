/** A clock for tests, and helpers that wait for asynchronous work. */
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.js';

interface Timer {
  at: number;
  run: () => void;
}

/** A clock whose time changes only when a test calls `advance` or `shift`. */
export class ManualClock implements Clock {
  private readonly timers = new Set<Timer>();

  /** @param work time advances only after this work has ended */
  constructor(
    private time = Date.UTC(2026, 0, 1),
    private readonly work: { readonly isUnderWay: boolean } = { isUnderWay: false },
  ) {}

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.time + Math.max(0, milliseconds), run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Number of active timers. It shows the cost of an idle program. */
  get armed(): number {
    return this.timers.size;
  }

  /** Changes the time by some milliseconds, as an administrator would. The remaining delay of each timer stays the same. */
  set(change: number): void {
    this.time += change;
    for (const timer of this.timers) timer.at += change;
  }

  /** Advances the time, fires the due timers in order, and waits for their work. */
  async advance(milliseconds: number): Promise<void> {
    await settle(this.work);
    const end = this.time + milliseconds;
    for (let next = this.next(end); next; next = this.next(end)) {
      this.time = Math.max(this.time, next.at);
      this.timers.delete(next);
      next.run();
      await settle(this.work);
    }
    this.time = end;
    await settle(this.work);
  }

  private next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.at <= end && (!first || timer.at < first.at)) first = timer;
    }
    return first;
  }
}

/** Waits until the event loop had ten turns without other work. */
async function settle(work: { readonly isUnderWay: boolean }): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    await setImmediate();
    if (work.isUnderWay) turn = 0;
  }
}

/** Waits until a condition is true, e.g. after work of the real store. @throws Error after 10 s */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error(`it never happened: ${what}`);
    await setImmediate();
  }
}
