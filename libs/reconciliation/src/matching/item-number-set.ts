/** A set of item numbers. It needs one bit for each number, so a run over millions of items needs little memory. */
export class ItemNumberSet {
  private bits = new Uint32Array(1024);

  add(number: number): void {
    const word = number >>> 5;
    if (word >= this.bits.length) {
      const larger = new Uint32Array(Math.max(word + 1, this.bits.length * 2));
      larger.set(this.bits);
      this.bits = larger;
    }
    this.bits[word] = (this.bits[word] ?? 0) | (1 << (number & 31));
  }

  has(number: number): boolean {
    return ((this.bits[number >>> 5] ?? 0) & (1 << (number & 31))) !== 0;
  }
}
