/**
 * Stateless random numbers. Each is a hash of the arguments, so the values of row number one million are computed as fast as those of the
 * first row.
 */

/** The purpose of a random number. Different purposes make the random properties of one row independent of each other. */
export enum RandomTopic {
  Kinds = 1,
  Changes,
  Stories,
  Late,
  Delays,
  Ties,
  Amounts,
  Offsets,
  Shifts,
  Beneficiaries,
  Ids,
  Malformed,
  Malformations,
  Outages,
  People,
  Faults,
  Fates,
  Lost,
}

/** The function is kept in a constant, because it is called for every property of every row. */
const { imul } = Math;

/** Returns a random fraction x with 0 ≤ x < 1. `a` may be larger than 32 bits. */
export function getRandomFraction(seed: number, topic: RandomTopic, a: number, b = 0): number {
  let hash = mixBits(seed ^ imul(topic, 0x9e3779b9));
  hash = mixBits(hash ^ (a >>> 0) ^ imul(((a / 0x1_0000_0000) >>> 0) + 1, 0x85ebca6b));
  hash = mixBits(hash ^ imul(b + 1, 0xc2b2ae35));
  return (hash >>> 0) / 0x1_0000_0000;
}

/** Returns a random integer x with 0 ≤ x < `below`. */
export function getRandomInteger(below: number, seed: number, topic: RandomTopic, a: number, b = 0): number {
  return (getRandomFraction(seed, topic, a, b) * below) >>> 0;
}

/** Returns the integers 0 … `size` - 1 in random order (Fisher–Yates shuffle). */
export function shuffleIntegers(size: number, seed: number, topic: RandomTopic): number[] {
  const order = Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    const other = getRandomInteger(last + 1, seed, topic, last, 0x5f1e);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/**
 * Mixes the bits of a number, so that each input bit changes half of the output bits. It is the finalizer of MurmurHash3 (public domain,
 * Austin Appleby).
 */
function mixBits(value: number): number {
  let hash = value | 0;
  hash = imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
