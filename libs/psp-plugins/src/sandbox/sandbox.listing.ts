/** How the simulated PSP puts its own activity and the payments somebody ordered into one listing. */

/** A row to be, with its place in the source it comes from. */
export interface Listed<Place> {
  /** Milliseconds since 1970, in whole seconds. */
  created: number;
  place: Place;
}

/** Merges two sources that are both sorted by time. Newest first is exactly the reverse of oldest first. */
export function* merge<A extends Listed<unknown>, B extends Listed<unknown>>(
  first: Iterator<A>,
  second: Iterator<B>,
  newestFirst: boolean,
): Generator<A | B> {
  let [one, other] = [first.next(), second.next()];
  while (!one.done || !other.done) {
    if (!one.done && (other.done || goesFirst(one.value.created, other.value.created, newestFirst))) {
      yield one.value;
      one = first.next();
    } else if (!other.done) {
      yield other.value;
      other = second.next();
    }
  }
}

/** Of rows with one time, those of the first source are the older ones. */
function goesFirst(one: number, other: number, newestFirst: boolean): boolean {
  return newestFirst ? one > other : one <= other;
}
