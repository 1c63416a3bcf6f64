import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../clock.js';

interface Timer {
  at: number;
  run: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements Clock {
  private readonly timers = new Set<Timer>();

  /** @param work what must have come to an end before time goes on */
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

  /** How many timers are set: what an idle program costs. */
  get armed(): number {
    return this.timers.size;
  }

  /** Somebody sets it: timers run as they did. */
  set(change: number): void {
    this.time += change;
    for (const timer of this.timers) timer.at += change;
  }

  /** Fires what comes due on the way, in order, and lets it work. */
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

/** Some turns of the event loop in which nothing else is at work. */
async function settle(work: { readonly isUnderWay: boolean }): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    await setImmediate();
    if (work.isUnderWay) turn = 0;
  }
}

/** Waits for real work, e.g. of the store, to show. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const giveUp = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > giveUp) throw new Error(`it never happened: ${what}`);
    await setImmediate();
  }
}
