/** Which digests come more than once in a file, in eight bytes each: a file may hold millions of entries. */
export class Repeats {
  private numbers = new Float64Array(1024);
  private count = 0;
  private repeated: Set<number> | undefined;

  add(digest: string): void {
    if (this.count === this.numbers.length) {
      const larger = new Float64Array(this.count * 2);
      larger.set(this.numbers);
      this.numbers = larger;
    }
    this.numbers[this.count++] = toNumber(digest);
  }

  /** Ends the counting. */
  seal(): void {
    const sorted = this.numbers.subarray(0, this.count).sort();
    this.repeated = new Set();
    for (let i = 1; i < sorted.length; i++) {
      const number = sorted[i];
      if (number !== undefined && number === sorted[i - 1]) this.repeated.add(number);
    }
    this.numbers = new Float64Array(0);
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
