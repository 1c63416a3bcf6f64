/** Stateless random numbers: a hash of the arguments. Row one million costs as much as row one. */

/** Purpose of a random number. It makes the random properties of one row independent of each other. */
export enum Topic {
  Kinds = 1,
  Changes,
  Stories,
  Late,
  Delays,
  Ties,
  Amounts,
  Offsets,
  Shifts,
  Payees,
  Ids,
  Poison,
  Ailments,
  Outages,
  People,
  Faults,
  Fates,
}

/** Cached, because it is called for every property of every row. */
const { imul } = Math;

/** @returns a fraction, 0 ≤ x < 1. `a` may be larger than 32 bits. */
export function draw(seed: number, topic: Topic, a: number, b = 0): number {
  let hash = mix(seed ^ imul(topic, 0x9e3779b9));
  hash = mix(hash ^ (a >>> 0) ^ imul(((a / 0x1_0000_0000) >>> 0) + 1, 0x85ebca6b));
  hash = mix(hash ^ imul(b + 1, 0xc2b2ae35));
  return (hash >>> 0) / 0x1_0000_0000;
}

/** @returns an integer, 0 ≤ x < below. */
export function drawInt(below: number, seed: number, topic: Topic, a: number, b = 0): number {
  return (draw(seed, topic, a, b) * below) >>> 0;
}

/** @returns the integers 0 … size - 1 in random order (Fisher–Yates shuffle). */
export function shuffled(size: number, seed: number, topic: Topic): number[] {
  const order = Array.from({ length: size }, (_, index) => index);
  for (let last = size - 1; last > 0; last--) {
    const other = drawInt(last + 1, seed, topic, last, 0x5f1e);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}

/** Finalizer of MurmurHash3 (public domain, Austin Appleby): each input bit changes half of the output bits. */
function mix(value: number): number {
  let hash = value | 0;
  hash = imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
