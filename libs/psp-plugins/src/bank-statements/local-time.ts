/** Dates and times as banks write them, often without a zone, as moments. */
import { parseTime } from '@tributary/connector-api';

const DATE = /^\d{4}-\d{2}-\d{2}/;
const DAY = 86_400_000;

export class LocalTime {
  private readonly format: Intl.DateTimeFormat;
  /** Neighbouring entries share their day, and the calendar is slow to ask. */
  private last: { text: string; moment: number | undefined } | undefined;

  constructor(timeZone: string) {
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
  }

  /**
   * A date is the start of its day, so that an entry lies after the closing balance of the day before and before that of
   * its own day. @returns milliseconds since 1970, or `undefined` for what is neither a date nor a time.
   */
  moment(text: string): number | undefined {
    if (this.last?.text !== text) this.last = { text, moment: this.parse(text) };
    return this.last.moment;
  }

  /** The last millisecond of a date, or the time itself. */
  end(text: string): number | undefined {
    if (text.length !== 10) return this.moment(text);
    const midnight = parseTime(`${text}T00:00:00Z`);
    return midnight && this.fromLocal(midnight.milliseconds + DAY) - 1;
  }

  private parse(text: string): number | undefined {
    const zoned = parseTime(text);
    if (zoned) return zoned.milliseconds;
    const local = parseTime(`${text.length === 10 ? `${text}T00:00:00` : text}Z`);
    return local && this.fromLocal(local.milliseconds);
  }

  private fromLocal(local: number): number {
    // The offset at the guess may differ from the one at the answer when the clocks change in between: look twice.
    const guess = local - this.offset(local);
    return local - this.offset(guess);
  }

  private offset(moment: number): number {
    const part = Object.fromEntries(
      this.format.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
  }
}

/** The calendar day that a bank's date or time names, as written. */
export function dayOf(text: string | undefined): string | undefined {
  return text === undefined ? undefined : DATE.exec(text)?.[0];
}
