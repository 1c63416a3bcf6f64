/**
 * Keeps the source texts of rows outside of the JavaScript heap. All rows of an export must be known before its first statement, and as
 * objects they would need several times as much memory as the file.
 */

const CHUNK_BYTES = 1 << 20;

export class CsvRowStore {
  private readonly chunks: Buffer[] = [];
  /** The number of bytes that are used in the last chunk. */
  private used = CHUNK_BYTES;

  /** Adds a text, and returns its position. */
  add(text: string): StoredText {
    const length = Buffer.byteLength(text);
    if (this.used + length > (this.chunks.at(-1)?.length ?? 0)) {
      this.chunks.push(Buffer.allocUnsafeSlow(Math.max(CHUNK_BYTES, length)));
      this.used = 0;
    }
    const from = this.used;
    this.chunks.at(-1)?.write(text, from);
    this.used += length;
    return { chunk: this.chunks.length - 1, from, length };
  }

  read({ chunk, from, length }: StoredText): string {
    return this.chunks[chunk]?.toString('utf8', from, from + length) ?? '';
  }
}

/** The position of a text in a store, in bytes. */
export interface StoredText {
  chunk: number;
  from: number;
  length: number;
}
