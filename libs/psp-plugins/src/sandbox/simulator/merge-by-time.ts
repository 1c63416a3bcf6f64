/** Merges the simulated activity and the payments of orders into one listing, sorted by time. */

/** An entry of a listing, with its position in its source. */
export interface ListedRow<Place> {
  /** Milliseconds since 1970, in whole seconds. */
  createdAt: number;
  position: Place;
}

/** Merges two sources that are sorted by time. The order with `newestFirst` is the exact reverse of the order without it. */
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

/** Returns true if the first source's row comes first. If the times are equal, the row of the first source is treated as older. */
function isFirst(one: number, other: number, newestFirst: boolean): boolean {
  return newestFirst ? one > other : one <= other;
}
