/** Parses a time in a request of an operator. A time is RFC 3339, or a date, which means midnight UTC. */
import { createUnprocessableError } from '@tributary/connector-api/contract';

const TIME_PATTERN = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * Parses a parameter of a request.
 * @returns milliseconds since 1970; `undefined` for an absent value
 * @throws ContractError 422 if the value is not a time
 */
export function parseTimeParameter(name: string, value: unknown): number | undefined {
  if (value === undefined) return undefined;
  const time = typeof value === 'string' ? tryParseTime(value) : undefined;
  if (time !== undefined) return time;
  throw createUnprocessableError(
    'Invalid parameter',
    `${name} is no time; expected for example 2026-01-31 or 2026-01-31T12:00:00Z.`,
  );
}

/**
 * Parses a time.
 * @returns milliseconds since 1970; `undefined` if the text is not a time
 */
export function tryParseTime(text: string): number | undefined {
  const time = TIME_PATTERN.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
