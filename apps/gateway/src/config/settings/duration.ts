/** Converts durations in the deployment file (`100ms`, `5s`, `2m`, `1h`) to milliseconds, and milliseconds to durations. */
import { ValidateBy } from 'class-validator';

const UNITS_MS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof UNITS_MS;

export const DURATION_PATTERN = /^(\d{1,9})(ms|s|m|h)$/;

/**
 * Parses a duration.
 * @returns milliseconds, or `undefined` if the string is not a duration
 */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION_PATTERN.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS_MS[unit as Unit];
}

/** Formats the duration in the largest unit that gives a whole number: 120000 → `2m`. */
export function formatDuration(milliseconds: number): string {
  const unit = (Object.keys(UNITS_MS) as Unit[]).find((name) => milliseconds % UNITS_MS[name] === 0) ?? 'ms';
  return `${milliseconds / UNITS_MS[unit]}${unit}`;
}

/** Validates a duration such as `2m`. Both limits are durations, and are themselves allowed. */
export function IsDuration(minimum: string, maximum: string): PropertyDecorator {
  const [minMs, maxMs] = [parseDuration(minimum) ?? 0, parseDuration(maximum) ?? Infinity];
  return ValidateBy({
    name: 'isDuration',
    constraints: [minimum, maximum],
    validator: {
      validate(value: unknown): boolean {
        const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
        return milliseconds !== undefined && milliseconds >= minMs && milliseconds <= maxMs;
      },
      defaultMessage: () =>
        `$property must be a duration like 100ms, 5s, 2m or 1h, from ${minimum} to ${maximum}`,
    },
  });
}
