/** How often digests come in a file, in eight bytes each: a file may hold millions of entries. */
export class Repeats {
  private numbers = new Float64Array(1024);
  private length = 0;
  private repeated: Set<number> | undefined;

  add(digest: string): void {
    if (this.length === this.numbers.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.length++] = toNumber(digest);
  }

  /** Ends the counting. */
  seal(): void {
    const sorted = this.numbers.slice(0, this.length).sort();
    this.repeated = new Set();
    for (let i = 1; i < sorted.length; i++) {
      const number = sorted[i];
      if (number !== undefined && number === sorted[i - 1]) this.repeated.add(number);
    }
    this.numbers = sorted;
  }

  /** How many times it was added; 0 for what the file does not have. */
  count(digest: string): number {
    const number = toNumber(digest);
    return this.rank(number + 1) - this.rank(number);
  }

  /** How many are smaller. */
  private rank(number: number): number {
    let [low, high] = [0, this.numbers.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.numbers[middle] ?? 0) < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** May be true for a digest that comes once (1 : 10^9 in a file of a million entries): it costs a little memory, and nothing else. */
  has(digest: string): boolean {
    return this.repeated?.has(toNumber(digest)) ?? false;
  }
}

/** 48 of the digest's bits. */
function toNumber(digest: string): number {
  return Buffer.from(digest.slice(0, 8), 'base64url').readUIntBE(0, 6);
}
