/** Counts how often each digest occurs in a file, which may have millions of entries. The counter needs eight bytes for each digest. */
const CHUNK_LENGTH = 65_536;

export class DigestCounter {
  /**
   * The digests as numbers, in the order of their arrival. They are stored in chunks, because a growing array would have to be copied again
   * and again.
   */
  private chunks: Float64Array[] = [];
  private lastLength = CHUNK_LENGTH;
  private sorted = new Float64Array(0);

  add(digest: string): void {
    if (this.lastLength === CHUNK_LENGTH) {
      this.chunks.push(new Float64Array(CHUNK_LENGTH));
      this.lastLength = 0;
    }
    const last = this.chunks.at(-1);
    if (last) last[this.lastLength++] = digestToNumber(digest);
  }

  /** Sorts the digests. The caller must call `finish` before `count` and `isRepeated`. */
  finish(): void {
    const length = Math.max(0, (this.chunks.length - 1) * CHUNK_LENGTH + this.lastLength);
    this.sorted = new Float64Array(this.chunks.length === 0 ? 0 : length);
    this.chunks.forEach((chunk, n) => {
      const isLast = n === this.chunks.length - 1;
      this.sorted.set(isLast ? chunk.subarray(0, this.lastLength) : chunk, n * CHUNK_LENGTH);
    });
    this.chunks = [];
    this.sorted.sort();
  }

  /**
   * Creates a counter from sorted digests.
   * @param sorted the result of `toSorted` of another counter
   */
  static fromSorted(sorted: Float64Array<ArrayBuffer>): DigestCounter {
    const counter = new DigestCounter();
    counter.sorted = sorted;
    return counter;
  }

  /** Returns the counted digests as sorted numbers, so that another thread can use them. */
  toSorted(): Float64Array<ArrayBuffer> {
    return this.sorted;
  }

  /** Returns the number of times that the digest was added. */
  count(digest: string): number {
    const number = digestToNumber(digest);
    return this.rank(number + 1) - this.rank(number);
  }

  /** Returns the number of digests that are smaller, by a binary search. */
  private rank(number: number): number {
    let [low, high] = [0, this.sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.sorted[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Returns true if the digest was added more than once. Because of hash collisions, the result is wrongly true for about one in 300
   * million digests in a file of a million entries. A wrong result only costs a little memory.
   */
  isRepeated(digest: string): boolean {
    const number = digestToNumber(digest);
    return this.sorted[this.rank(number) + 1] === number;
  }
}

/** Returns 48 bits of the digest as a number. */
function digestToNumber(digest: string): number {
  return Buffer.from(digest.slice(0, 8), 'base64url').readUIntBE(0, 6);
}
