/** Quiet hours: channels are told nothing, and hear afterwards what is still true. */

export interface QuietHours {
  /** Minutes after midnight in `timezone`. */
  fromMinutes: number;
  /** Not included. Smaller than `fromMinutes` when the hours pass midnight. */
  toMinutes: number;
  /** IANA name: `Europe/Berlin`. */
  timezone: string;
}

/** @param now milliseconds since 1970 */
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
