/**
 * The spool of a large file, i.e. a temporary file that contains its parsed events and beneficiaries. Each stream can read them from there
 * without parsing the file again. The directory entry of the spool is removed at once, so nothing remains after a crash.
 */
import { closeSync, mkdtempSync, openSync, read, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseEvents, serializeEvents } from './event-batch.js';
import type { ParsedFileWriter } from './parse-file.js';
import type { BeneficiaryBatch, ParsedEvent } from './parsed-file.js';

const readAt = promisify(read);

/** The position and length of a batch in the temporary file, in bytes. */
type Region = [from: number, length: number];

export interface SpoolIndex {
  events: Region[];
  beneficiaries: Region[];
  /** The source texts of the entries of each batch of events. */
  raws: Region[];
  /** The number of entries before each batch of events. */
  entriesBefore: number[];
}

/**
 * Creates the temporary file.
 * @returns the file descriptor
 * @throws the system's error if no temporary file can be written
 */
export function createSpool(): number {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-'));
  try {
    return openSync(join(directory, 'spool'), 'wx+', 0o600);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export class SpoolWriter implements ParsedFileWriter {
  readonly index: SpoolIndex = { events: [], beneficiaries: [], raws: [], entriesBefore: [] };
  private position = 0;
  private entryCount = 0;

  constructor(private readonly descriptor: number) {}

  /** Writes the events, and separately the source texts of their entries, which are needed only if an entry is rejected. */
  writeEvents(events: ParsedEvent[]): void {
    const raws: string[] = [];
    for (const [event] of events) {
      if (event.part !== 'entry') continue;
      raws.push(event.raw);
      event.raw = '';
    }
    this.index.events.push(this.write(serializeEvents(events)));
    this.index.raws.push(this.write(serializeTexts(raws)));
    this.index.entriesBefore.push(this.entryCount);
    this.entryCount += raws.length;
  }

  writeBeneficiaries(batch: BeneficiaryBatch): void {
    this.index.beneficiaries.push(this.write(JSON.stringify(batch)));
  }

  private write(text: string): Region {
    const bytes = Buffer.from(text);
    const from = this.position;
    for (let written = 0; written < bytes.length;)
      written += writeSync(this.descriptor, bytes, written, bytes.length - written, from + written);
    this.position += bytes.length;
    return [from, bytes.length];
  }
}

export class SpoolReader {
  constructor(
    private readonly descriptor: number,
    private readonly index: SpoolIndex,
  ) {}

  async *readEvents(): AsyncGenerator<ParsedEvent[]> {
    for (const region of this.index.events) yield parseEvents(await this.read(region));
  }

  async *readBeneficiaries(): AsyncGenerator<BeneficiaryBatch> {
    for (const region of this.index.beneficiaries)
      yield JSON.parse(await this.read(region)) as BeneficiaryBatch;
  }

  /**
   * Returns the source text of an entry.
   * @param number the number of the entry in the file, from 1
   */
  async readRaw(number: number): Promise<string> {
    const batch = this.index.entriesBefore.findLastIndex((before) => before < number);
    const region = this.index.raws[batch];
    if (!region) return '';
    const raws = parseTexts(await this.read(region));
    return raws[number - 1 - (this.index.entriesBefore[batch] ?? 0)] ?? '';
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Reads a text from the temporary file. It needs no validation, because this program wrote it and no other program can open the file. */
  private async read([from, length]: Region): Promise<string> {
    const { bytesRead, buffer } = await readAt(this.descriptor, Buffer.allocUnsafe(length), 0, length, from);
    if (bytesRead !== length)
      throw new Error(`the temporary file ends at byte ${from + bytesRead}; expected ${from + length}`);
    return buffer.toString();
  }
}

/** Joins texts after a line with their lengths. This takes half of the time of JSON, which would escape every quote and line break. */
function serializeTexts(texts: readonly string[]): string {
  return `${texts.map(({ length }) => length).join(',')}\n${texts.join('')}`;
}

/** Returns the texts that `serializeTexts` joined. */
function parseTexts(serialized: string): string[] {
  let from = serialized.indexOf('\n') + 1;
  const lengths = from === 1 ? [] : serialized.slice(0, from - 1).split(',');
  return lengths.map((length) => serialized.slice(from, (from += Number(length))));
}
