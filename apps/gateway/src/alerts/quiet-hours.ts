/**
 * Determines whether the present time is within the quiet hours. During quiet hours, nothing is sent to the channels. Afterwards the
 * channels get the alerts that still exist.
 */

export interface QuietHours {
  /** The begin, in minutes after midnight in `timezone`. */
  fromMinutes: number;
  /** The end, in minutes after midnight in `timezone`, exclusive. It is smaller than `fromMinutes` if the quiet hours include midnight. */
  toMinutes: number;
  /** The IANA name of the time zone: `Europe/Berlin`. */
  timezone: string;
}

/**
 * Returns true during quiet hours.
 * @param now milliseconds since 1970
 */
export function isQuiet({ fromMinutes, toMinutes, timezone }: QuietHours, now: number): boolean {
  const parts = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: timezone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  }).formatToParts(now);
  const read = (type: string) => Number(parts.find((part) => part.type === type)?.value);
  const minutes = read('hour') * 60 + read('minute');
  return fromMinutes <= toMinutes
    ? minutes >= fromMinutes && minutes < toMinutes
    : minutes >= fromMinutes || minutes < toMinutes;
}
