/** Converts between durations in the deployment file (`100ms`, `5s`, `2m`, `1h`) and milliseconds. */
import { ValidateBy } from 'class-validator';

const UNITS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof UNITS;

export const DURATION = /^(\d{1,9})(ms|s|m|h)$/;

/** @returns milliseconds, or `undefined` if the string is not a duration. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as Unit];
}

/** Formats the duration in the largest unit that gives a whole number: 120000 → `2m`. */
export function formatDuration(milliseconds: number): string {
  const unit = (Object.keys(UNITS) as Unit[]).find((name) => milliseconds % UNITS[name] === 0) ?? 'ms';
  return `${milliseconds / UNITS[unit]}${unit}`;
}

/** Validates a duration string such as `2m`. Both limits are inclusive duration strings. */
export function IsDuration(shortest: string, longest: string): PropertyDecorator {
  const [least, most] = [parseDuration(shortest) ?? 0, parseDuration(longest) ?? Infinity];
  return ValidateBy({
    name: 'isDuration',
    constraints: [shortest, longest],
    validator: {
      validate(value: unknown): boolean {
        const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
        return milliseconds !== undefined && milliseconds >= least && milliseconds <= most;
      },
      defaultMessage: () =>
        `$property must be a duration like 100ms, 5s, 2m or 1h, from ${shortest} to ${longest}`,
    },
  });
}
