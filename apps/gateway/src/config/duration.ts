/** Durations as people write them: `100ms`, `5s`, `2m`, `1h`; milliseconds inside. */
import { ValidateBy } from 'class-validator';

const UNITS = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
type Unit = keyof typeof UNITS;

export const DURATION = /^(\d{1,9})(ms|s|m|h)$/;

/** @returns milliseconds, or `undefined` for a text that is no duration. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit] = DURATION.exec(text) ?? [];
  return count === undefined ? undefined : Number(count) * UNITS[unit as Unit];
}

/** In the largest unit that takes it whole: 120000 → `2m`. */
export function formatDuration(milliseconds: number): string {
  const unit = (Object.keys(UNITS) as Unit[]).find((name) => milliseconds % UNITS[name] === 0) ?? 'ms';
  return `${milliseconds / UNITS[unit]}${unit}`;
}

/** A text like `2m` that is not shorter than `shortest` and not longer than `longest`. */
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
