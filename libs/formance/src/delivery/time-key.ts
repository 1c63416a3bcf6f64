/** Converts times to sortable strings with the precision that Formance stores. */
import { InvalidRecordError, parseTime } from '@tributary/connector-api';

/**
 * Returns the microseconds since the year 0 as 18 digits. Equal times result in equal strings, and a later time results in a greater
 * string.
 * @throws InvalidRecordError for a string that is not an RFC 3339 time
 */
export function readTimeKey(text: string): string {
  const time = parseTime(text);
  if (time === undefined) throw new InvalidRecordError(`${JSON.stringify(text)} is not an RFC 3339 time`);
  const microseconds = String(Math.floor(time.nanoseconds / 1000)).padStart(3, '0');
  return String(time.milliseconds + YEAR_ZERO_OFFSET_MS).padStart(15, '0') + microseconds;
}

/** The milliseconds from the year 0 to 1970. */
const YEAR_ZERO_OFFSET_MS = 62_167_219_200_000;
