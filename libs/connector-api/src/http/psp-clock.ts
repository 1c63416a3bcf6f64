/** The clock of one PSP. It follows the time of the PSP if the clock of this machine differs too much from it. */
import { Logger } from '@nestjs/common';
import { formatTime } from '../time.js';
import { createTimeoutSignal, type HttpClock } from './http-clock.js';

/** The maximum difference of the two clocks in ms that is not corrected. The duration of a request and the overlap of windows are in this range. */
const MAX_DIFFERENCE_MS = 60_000;
/**
 * The number of responses whose times are compared. The smallest difference counts, so a single response with a wrong time, e.g. from a cache,
 * has no effect.
 */
const MAX_RESPONSES = 10;

/**
 * Compares the header `Date` of the PSP's responses with the clock of this machine. If they differ by more than a minute, `now` returns the
 * time of the PSP, and a warning in the log says both times. Without this correction, a listing with a clock that is ahead would continue
 * after times at which the PSP still creates rows, and these rows would be missing.
 */
export class PspClock implements HttpClock {
  private readonly differences: number[] = [];
  private correctionMs = 0;

  /** @param name the name of the PSP, for the log */
  constructor(
    private readonly machine: HttpClock,
    private readonly name: string,
    private readonly logger: Pick<Logger, 'warn'> = new Logger('PspClock'),
  ) {}

  now(): number {
    return this.machine.now() + this.correctionMs;
  }

  monotonicNow(): number {
    return this.machine.monotonicNow?.() ?? this.machine.now();
  }

  sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    return this.machine.sleep(milliseconds, signal);
  }

  timeoutSignal(timeoutMs: number): AbortSignal {
    return createTimeoutSignal(this.machine, timeoutMs);
  }

  /**
   * Compares the time of a response with the clock of this machine.
   * @param getHeader returns a header of the response. The header `Age` is the age of a response from a cache, in seconds
   */
  compare(getHeader: (name: string) => string | undefined): void {
    const sentAt = Date.parse(getHeader('date') ?? '') + Number(getHeader('age') ?? 0) * 1000;
    if (Number.isNaN(sentAt)) return;
    const machineTime = this.machine.now();
    this.differences.push(sentAt - machineTime);
    if (this.differences.length > MAX_RESPONSES) this.differences.shift();
    const smallest = this.differences.reduce((a, b) => (Math.abs(b) < Math.abs(a) ? b : a));
    const wasCorrected = this.correctionMs !== 0;
    this.correctionMs = Math.abs(smallest) > MAX_DIFFERENCE_MS ? smallest : 0;
    const isCorrected = this.correctionMs !== 0;
    if (isCorrected && !wasCorrected)
      this.logger.warn(
        `the clock of this machine differs from ${this.name}: it is ${formatTime(machineTime)} here, and ${formatTime(sentAt)} there. Listings use the time of ${this.name}. Synchronise the clock of this machine`,
      );
    if (wasCorrected && !isCorrected)
      this.logger.warn(`the clock of this machine agrees with ${this.name} again`);
  }
}
