import { setImmediate } from 'node:timers/promises';
import { TextDecoder } from 'node:util';
import type { StatementEvent } from '../statements/statement.types.js';
import { StatementError } from '../statements/statement.types.js';
import { Bai2Reader } from './bai2/bai-reader.js';
import { CamtReader } from './camt/camt-reader.js';
import type { DetectedFormat } from './detect-format.js';
import { DETECTION_BYTES, detectFormat } from './detect-format.js';
import { MtReader } from './mt/mt-reader.js';
import { OfxReader } from './ofx/ofx-reader.js';
import { MAX_UNPACKED_BYTES } from './archive/inflate.js';
import { detectArchive, unpackArchive } from './archive/unpack-archive.js';
import type { ArchiveKind } from './archive/unpack-archive.js';
import { CsvReader } from './csv/csv-reader.js';
import { findCsvMapping } from './csv/csv-mapping-resolver.js';
import type { CsvMapping } from './csv/csv-mapping.types.js';
import { LenientUtf8Decoder } from './text-decoder.js';
import type { StatementReader } from './statement-reader.js';

/** The number of bytes that are parsed without interruption (a few milliseconds). After that, the event loop continues. */
const MAX_SLICE_BYTES = 64 * 1024;

/** What a parser knows about a file besides its content. Only CSV files need it. */
export interface FileDescription {
  /** The name of the file. It selects the CSV mapping. */
  name: string;
  csvMappings: readonly CsvMapping[];
}

const NO_DESCRIPTION: FileDescription = { name: '', csvMappings: [] };

/**
 * Reads one bank statement file and yields the events of `StatementParser`. Between two slices of the file, the event loop can continue.
 * @param chunks the bytes of the file, e.g. a read stream
 * @throws StatementError in the cases of `StatementParser`
 */
export async function* readStatements(
  chunks: AsyncIterable<Uint8Array>,
  description: FileDescription = NO_DESCRIPTION,
): AsyncGenerator<StatementEvent> {
  const parser = new StatementParser(description);
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += MAX_SLICE_BYTES) {
      yield* parser.write(chunk.subarray(from, from + MAX_SLICE_BYTES));
      await setImmediate();
    }
  }
  yield* parser.end();
}

/**
 * Converts the bytes of one file to events. The format is detected from the content: camt.052/.053/.054, MT940/MT942, BAI2 or OFX. A file
 * whose name matches a CSV mapping is read as CSV. For each statement, the events are `start, entry…, end`. Local times stay local. For an
 * archive, the events of all its files are returned, one file after the other.
 *
 * Both methods throw a StatementError if the file is broken, truncated or not a bank statement. The caller must then discard the events
 * that were returned before.
 */
export class StatementParser {
  #source: DecodedSource | CsvReader | undefined;
  #head = Buffer.alloc(0);
  #archive: { kind: ArchiveKind; chunks: Uint8Array[]; length: number } | undefined;

  /**
   * Creates a parser for one file.
   * @param description the name of the file and the CSV mappings
   * @param canUnpack false for a file inside an archive, so that an archive inside an archive is rejected
   */
  constructor(
    private readonly description: FileDescription = NO_DESCRIPTION,
    private readonly canUnpack = true,
  ) {}

  /**
   * Parses the next bytes.
   * @returns the events that are complete so far
   */
  write(bytes: Uint8Array): StatementEvent[] {
    if (this.#source) return this.#source.write(bytes);
    if (this.#archive) return this.#keep(bytes);
    this.#head = Buffer.concat([this.#head, bytes]);
    if (this.#head.length < DETECTION_BYTES) return [];
    const kind = this.canUnpack ? detectArchive(this.#head) : undefined;
    if (kind) {
      this.#archive = { kind, chunks: [], length: 0 };
      return this.#keep(this.#head);
    }
    return this.#open(this.#head.subarray(0, DETECTION_BYTES)).write(this.#head);
  }

  /** Ends the file and yields the remaining events. */
  *end(): Generator<StatementEvent, void> {
    if (this.#source) {
      yield* this.#source.end();
      return;
    }
    const kind = this.#archive?.kind ?? (this.canUnpack ? detectArchive(this.#head) : undefined);
    if (kind) {
      yield* readArchive(kind, Buffer.concat(this.#archive?.chunks ?? [this.#head]), this.description);
      return;
    }
    const source = this.#open(this.#head);
    yield* source.write(this.#head);
    yield* source.end();
  }

  /**
   * Keeps the bytes of an archive until the archive is complete. They cannot be read before, because the directory of a ZIP archive is at
   * its end.
   */
  #keep(bytes: Uint8Array): StatementEvent[] {
    if (!this.#archive) return [];
    this.#archive.length += bytes.length;
    if (this.#archive.length > MAX_UNPACKED_BYTES)
      throw new StatementError(
        `the archive has more than ${MAX_UNPACKED_BYTES >> 20} MB; unpack it and put the files into the directory`,
      );
    // The bytes are copied, because the caller may reuse its buffer.
    this.#archive.chunks.push(Buffer.from(bytes));
    return [];
  }

  #open(head: Buffer): DecodedSource | CsvReader {
    const mapping = findCsvMapping(this.description.csvMappings, this.description.name);
    return (this.#source = mapping ? new CsvReader(mapping) : new DecodedSource(detectFormat(head)));
  }
}

function* readArchive(
  kind: ArchiveKind,
  archive: Buffer,
  description: FileDescription,
): Generator<StatementEvent> {
  for (const { name, content } of unpackArchive(kind, archive)) {
    const parser = new StatementParser({ ...description, name: name ?? description.name }, false);
    try {
      for (let from = 0; from < content.length; from += MAX_SLICE_BYTES)
        yield* parser.write(content.subarray(from, from + MAX_SLICE_BYTES));
      yield* parser.end();
    } catch (error) {
      if (name === undefined || !(error instanceof StatementError)) throw error;
      throw new StatementError(`${name} in the archive: ${error.message}`);
    }
  }
}

/** Converts bytes to text, and text to statement events. */
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

  write(bytes: Uint8Array): StatementEvent[] {
    return this.#reportEncoding(this.#reader.write(this.#decode(bytes)));
  }

  end(): StatementEvent[] {
    const last = this.#decoder ? this.#reportEncoding(this.#reader.write(this.#decode())) : [];
    return [...last, ...this.#reportEncoding(this.#reader.end())];
  }

  /** Adds a warning to the end of one statement if the file contains bytes that do not belong to the encoding that it declares. */
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
    case 'ofx':
      return new OfxReader(binary);
  }
}
