import { setImmediate } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import type { StatementEvent } from '../statements/statement.types.js';
import { StatementError } from '../statements/statement.types.js';
import { Bai2Reader } from './bai2/bai-reader.js';
import { CamtReader } from './camt/camt-reader.js';
import type { DetectedFormat } from './detect-format.js';
import { DETECTION_BYTES, detectFormat } from './detect-format.js';
import { MtReader } from './mt/mt-reader.js';
import { LenientUtf8Decoder } from './text-decoder.js';
import type { StatementReader } from './statement-reader.js';

/** Number of bytes that are parsed at once (a few milliseconds) before the event loop continues. */
const MAX_SLICE_BYTES = 64 * 1024;

/**
 * Reads one bank statement file. Detects the format by content: camt.052/.053/.054, MT940/MT942 or BAI2.
 *
 * Yields `start, entry…, end` for each statement, with at most one entry in memory. Local times stay local.
 * @param chunks the bytes of the file, e.g. a read stream
 * @throws StatementError when the file is broken, truncated or not a bank statement; parts yielded before
 * must be discarded
 */
export async function* readStatements(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StatementEvent> {
  let source: DecodedSource | undefined;
  let head = Buffer.alloc(0);
  for await (const chunk of chunks) {
    if (source) {
      yield* source.read(chunk);
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < DETECTION_BYTES) continue;
    source = new DecodedSource(detectFormat(head.subarray(0, DETECTION_BYTES)));
    yield* source.read(head);
  }
  if (!source) {
    source = new DecodedSource(detectFormat(head));
    yield* source.read(head);
  }
  yield* source.end();
}

/** Converts bytes to text and text to statement parts. */
class DecodedSource {
  readonly #reader: StatementReader;
  readonly #decoder: TextDecoder | LenientUtf8Decoder | undefined;
  #hasReportedEncoding = false;

  constructor(private readonly detected: DetectedFormat) {
    const { format, encoding } = detected;
    if (encoding === 'utf-8') this.#decoder = new LenientUtf8Decoder();
    else if (encoding !== 'latin1') this.#decoder = new TextDecoder(encoding, { fatal: true });
    this.#reader = createReader(format, this.#decoder === undefined);
  }

  async *read(bytes: Uint8Array): AsyncGenerator<StatementEvent> {
    for (let from = 0; from < bytes.length; from += MAX_SLICE_BYTES) {
      const slice = bytes.subarray(from, from + MAX_SLICE_BYTES);
      yield* this.#reportEncoding(this.#reader.write(this.#decode(slice)));
      await setImmediate();
    }
  }

  *end(): Generator<StatementEvent> {
    if (this.#decoder) yield* this.#reportEncoding(this.#reader.write(this.#decode()));
    yield* this.#reportEncoding(this.#reader.end());
  }

  /** Adds to the end of one statement that the file has bytes of another encoding than it declares. */
  #reportEncoding(parts: StatementEvent[]): StatementEvent[] {
    const isFound = this.#decoder instanceof LenientUtf8Decoder && this.#decoder.hasFoundOtherBytes;
    const end = isFound && !this.#hasReportedEncoding ? parts.find(({ part }) => part === 'end') : undefined;
    if (end?.part !== 'end') return parts;
    this.#hasReportedEncoding = true;
    end.unreadable = [
      ...(end.unreadable ?? []),
      'the file declares UTF-8 but has other bytes, which were read as Windows-1252',
    ];
    return parts;
  }

  #decode(bytes?: Uint8Array): string {
    if (!this.#decoder)
      return Buffer.from(bytes!.buffer, bytes!.byteOffset, bytes!.length).toString('latin1');
    if (this.#decoder instanceof LenientUtf8Decoder) return this.#decoder.decode(bytes);
    try {
      return this.#decoder.decode(bytes, { stream: bytes !== undefined });
    } catch {
      throw new StatementError(
        `the file has bytes that are not ${this.detected.encoding}, the encoding that it declares; save it in that encoding or correct the declaration`,
      );
    }
  }
}

function createReader(format: DetectedFormat['format'], binary: boolean): StatementReader {
  switch (format) {
    case 'camt':
      return new CamtReader();
    case 'mt':
      return new MtReader(binary);
    case 'bai2':
      return new Bai2Reader(binary);
  }
}
