/** Merges the simulated activity and the payments of orders into one listing that is sorted by time. */

/** An entry of a listing, with its position in its source. */
export interface ListedRow<Place> {
  /** The time in milliseconds since 1970, a whole second. */
  createdAt: number;
  position: Place;
}

/** Merges two sources that are sorted by time. With `newestFirst`, the order is the exact reverse of the order without it. */
export function* mergeByTime<A extends ListedRow<unknown>, B extends ListedRow<unknown>>(
  first: Iterator<A>,
  second: Iterator<B>,
  newestFirst: boolean,
): Generator<A | B> {
  let [one, other] = [first.next(), second.next()];
  while (!one.done || !other.done) {
    if (!one.done && (other.done || isFirst(one.value.createdAt, other.value.createdAt, newestFirst))) {
      yield one.value;
      one = first.next();
    } else if (!other.done) {
      yield other.value;
      other = second.next();
    }
  }
}

/** Returns true if the row of the first source comes first. If the times are equal, the row of the first source counts as older. */
function isFirst(one: number, other: number, newestFirst: boolean): boolean {
  return newestFirst ? one > other : one <= other;
}
