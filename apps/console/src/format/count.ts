/** Formats a number of things in words, e.g. `1 order`, `1,234 rows`. The plural is the noun with an `s`. */
export function formatCount(count: number, noun: string): string {
  return `${count.toLocaleString()} ${count === 1 ? noun : `${noun}s`}`;
}
