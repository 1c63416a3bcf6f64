/** Quiet hours: nothing is sent to the channels. Afterwards the channels get the alerts that still exist. */

export interface QuietHours {
  /** Minutes after midnight in `timezone`. */
  fromMinutes: number;
  /** Minutes after midnight in `timezone`, exclusive. Smaller than `fromMinutes` if the hours include midnight. */
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
