/** Counts digests of a file that may have millions of entries. It needs eight bytes per digest. */
export class DigestCounter {
  private numbers = new Float64Array(1024);
  private length = 0;
  private repeatedNumbers: Set<number> | undefined;

  add(digest: string): void {
    if (this.length === this.numbers.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length++] = digestToNumber(digest);
  }

  /** Finishes counting. Must be called before `count` and `isRepeated`. */
  finish(): void {
    const sorted = this.numbers.slice(0, this.length).sort();
    this.repeatedNumbers = new Set();
    for (let i = 1; i < sorted.length; i++) {
      const number = sorted[i];
      if (number !== undefined && number === sorted[i - 1]) this.repeatedNumbers.add(number);
    }
    this.numbers = sorted;
  }

  /** Returns how often the digest was added, or 0. */
  count(digest: string): number {
    const number = digestToNumber(digest);
    return this.rank(number + 1) - this.rank(number);
  }

  /** Returns how many digests are smaller (binary search). */
  private rank(number: number): number {
    let [low, high] = [0, this.numbers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Returns whether the digest was added more than once. May be wrongly true because of hash collisions (1 :
   * 10^9 in a file of a million entries). This costs only a little memory.
   */
  isRepeated(digest: string): boolean {
    return this.repeatedNumbers?.has(digestToNumber(digest)) ?? false;
  }
}

/** Returns 48 bits of the digest as a number. */
function digestToNumber(digest: string): number {
  return Buffer.from(digest.slice(0, 8), 'base64url').readUIntBE(0, 6);
}
