/** A cache for values that are computed from a text. Its size is limited, because a file may have millions of different texts. */
const MAX_VALUES = 10_000;

export class BoundedCache<T> {
  private values = new Map<string, T>();

  /** Returns the value of the text. It is computed if the cache does not contain it. */
  getOrCompute(text: string, compute: () => T): T {
    const known = this.values.get(text);
    if (known !== undefined) return known;
    if (this.values.size >= MAX_VALUES) this.values = new Map();
    const value = compute();
    this.values.set(text, value);
    return value;
  }
}
