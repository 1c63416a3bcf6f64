/**
 * Counts how often each key of a file occurs. A file may have millions of entries, so the counter keeps only eight bytes for each key, not
 * the key itself.
 */

const FIRST_CHUNK_LENGTH = 64;
const MAX_CHUNK_LENGTH = 65_536;

export class DigestCounter {
  /**
   * The hashes of the keys, in the order of their arrival. They are stored in chunks, because a growing array would have to be copied again
   * and again. The first chunk is small, because most files have few entries.
   */
  private chunks: Float64Array<ArrayBuffer>[] = [];
  private last = new Float64Array(FIRST_CHUNK_LENGTH);
  private lastLength = 0;
  private sorted = new Float64Array(0);
  /** The hashes that occur more than once, sorted. Usually they are few, so that searching them is fast. */
  private repeated = new Float64Array(0);

  add(key: string): void {
    if (this.lastLength === this.last.length) {
      this.chunks.push(this.last);
      this.last = new Float64Array(Math.min(2 * this.last.length, MAX_CHUNK_LENGTH));
      this.lastLength = 0;
    }
    this.last[this.lastLength++] = hashKey(key);
  }

  /** Sorts the hashes. The caller must call `finish` before `count` and `isRepeated`. */
  finish(): void {
    const chunks = [...this.chunks, this.last.subarray(0, this.lastLength)];
    this.chunks = [];
    this.last = new Float64Array(FIRST_CHUNK_LENGTH);
    this.lastLength = 0;
    this.sorted = new Float64Array(chunks.reduce((length, chunk) => length + chunk.length, 0));
    let length = 0;
    for (const chunk of chunks) {
      this.sorted.set(chunk, length);
      length += chunk.length;
      releaseMemory(chunk);
    }
    this.sorted.sort();
    this.repeated = selectRepeated(this.sorted);
  }

  /**
   * Forgets the keys that occur only once, so that a large file needs less memory. After that, `count` may no longer be called, but
   * `isRepeated` has the same results.
   */
  forgetSingleKeys(): void {
    const twice = new Float64Array(2 * this.repeated.length);
    for (const [n, number] of this.repeated.entries()) twice.fill(number, 2 * n, 2 * n + 2);
    releaseMemory(this.sorted);
    this.sorted = twice;
  }

  /** True if any key occurs more than once. If not, the caller need not create the key for `isRepeated`. */
  get hasRepeated(): boolean {
    return this.repeated.length > 0;
  }

  /**
   * Creates a counter from sorted hashes.
   * @param sorted the result of `toSorted` of another counter
   */
  static fromSorted(sorted: Float64Array<ArrayBuffer>): DigestCounter {
    const counter = new DigestCounter();
    counter.sorted = sorted;
    counter.repeated = selectRepeated(sorted);
    return counter;
  }

  /** Returns the hashes of the counted keys, sorted, so that another thread can use them. */
  toSorted(): Float64Array<ArrayBuffer> {
    return this.sorted;
  }

  /** Returns the number of times that the key was added. */
  count(key: string): number {
    const number = hashKey(key);
    return findRank(this.sorted, number + 1) - findRank(this.sorted, number);
  }

  /**
   * Returns true if the key was added more than once. Because of hash collisions, the result is wrongly true for about one in 300 million
   * keys in a file of a million entries. The callers therefore distinguish repeated entries by their whole keys.
   */
  isRepeated(key: string): boolean {
    if (this.repeated.length === 0) return false;
    const number = hashKey(key);
    return this.repeated[findRank(this.repeated, number)] === number;
  }
}

/** Releases the memory of an array at once. Otherwise it would be in use until the next collection of V8's old generation. */
function releaseMemory(array: Float64Array<ArrayBuffer>): void {
  array.buffer.transfer(0);
}

/** Returns the hashes that occur more than once, each only once, in the same order. */
function selectRepeated(sorted: Float64Array): Float64Array<ArrayBuffer> {
  const isFirstRepetition = (n: number): boolean =>
    sorted[n] === sorted[n - 1] && (n < 2 || sorted[n] !== sorted[n - 2]);
  let count = 0;
  for (let n = 1; n < sorted.length; n++) if (isFirstRepetition(n)) count++;
  const repeated = new Float64Array(count);
  count = 0;
  for (let n = 1; n < sorted.length; n++) if (isFirstRepetition(n)) repeated[count++] = sorted[n] ?? 0;
  return repeated;
}

/** Returns the number of hashes that are smaller, by a binary search. */
function findRank(sorted: Float64Array, number: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Returns a hash of 48 bits. It is not a cryptographic hash, because the keys consist of cryptographic digests. It consists of two FNV-1a
 * hashes with different primes: the whole first one, and the upper 16 bits of the second one.
 */
function hashKey(key: string): number {
  let first = 0x811c9dc5;
  let second = 0x9747b28c;
  for (let n = 0; n < key.length; n++) {
    const unit = key.charCodeAt(n);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x5bd1e995);
  }
  return (second >>> 16) * 0x1_0000_0000 + (first >>> 0);
}
