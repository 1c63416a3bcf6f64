/** Parses dates and times of bank statements, which often have no time zone. */
import { formatTime, parseTime } from '@tributary/connector-api';

const DATE_PATTERN = /^\d{4}-\d{2}-\d{2}/;
const DAY_MS = 86_400_000;

export class LocalTimeParser {
  private readonly dateTimeFormat: Intl.DateTimeFormat;
  /** The last result. It is kept, because consecutive entries usually have the same day, and Intl is slow. */
  private last: { text: string; moment: number | undefined } | undefined;
  private lastFormatted: { moment: number; text: string } | undefined;

  constructor(timeZone: string) {
    this.dateTimeFormat = new Intl.DateTimeFormat('en-US', {
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
   * Parses a date or a time. For a date, the result is the start of its day. So an entry is later than the closing balance of the previous
   * day, and earlier than the closing balance of its own day.
   * @returns the milliseconds since 1970, or `undefined` for an invalid date or time
   */
  toEpochMs(text: string): number | undefined {
    if (this.last?.text !== text) this.last = { text, moment: this.parseEpochMs(text) };
    return this.last.moment;
  }

  /** Formats milliseconds since 1970 as `formatTime` does. The last result is kept for the next call. */
  formatEpochMs(moment: number): string {
    if (this.lastFormatted?.moment !== moment) this.lastFormatted = { moment, text: formatTime(moment) };
    return this.lastFormatted.text;
  }

  /** Returns the last millisecond of a date. For a time, the result is the time itself. */
  toEndOfDayMs(text: string): number | undefined {
    if (text.length !== 10) return this.toEpochMs(text);
    const midnight = parseTime(`${text}T00:00:00Z`);
    return midnight && this.localToEpochMs(midnight.milliseconds + DAY_MS) - 1;
  }

  private parseEpochMs(text: string): number | undefined {
    const zoned = parseTime(text);
    if (zoned) return zoned.milliseconds;
    const local = parseTime(`${text.length === 10 ? `${text}T00:00:00` : text}Z`);
    return local && this.localToEpochMs(local.milliseconds);
  }

  private localToEpochMs(local: number): number {
    // Near a change to or from daylight-saving time, the offset at the first guess may be wrong. So the offset is computed again for the
    // result.
    const guess = local - this.zoneOffsetMs(local);
    return local - this.zoneOffsetMs(guess);
  }

  private zoneOffsetMs(moment: number): number {
    const part = Object.fromEntries(
      this.dateTimeFormat.formatToParts(moment).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(moment / 1000) * 1000;
  }
}

/** Returns the calendar day of a date or time as it is written, without conversion to another zone. */
export function extractDate(text: string | undefined): string | undefined {
  return text === undefined ? undefined : DATE_PATTERN.exec(text)?.[0];
}
