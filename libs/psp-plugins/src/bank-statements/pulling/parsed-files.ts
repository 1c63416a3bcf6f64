/**
 * The parsed large files of one connector. A file is parsed once for all streams. If the result is lost, the file is parsed again. Reasons:
 * docs/decisions/0018-large-bank-files.md.
 */
import { closeSync } from 'node:fs';
import { STREAMS, PspError } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import { StatementError } from '../statements/statement.types.js';
import { OpenStatementFile } from './statement-files.js';
import type { StatementFile } from './statement-files.js';
import { parseInWorker } from '../parsing/parse-in-worker.js';
import type { CsvMapping } from '../readers/csv/csv-mapping.types.js';
import type { ParsedFile } from '../parsing/parsed-file.js';
import { createSpool } from '../parsing/spool.js';

/** The time in ms after which a result that no stream uses is deleted. */
const MAX_IDLE_MS = 600_000;

/** The error for a file that another file with the same name replaced before it was opened. The next listing contains the new file. */
export class ReplacedFileError extends Error {}

interface SharedParse {
  /** The number of bytes that were parsed so far. */
  bytesRead: Float64Array;
  result: Promise<(ParsedFile & { close(): void }) | StatementError>;
  userCount: number;
  /** The streams that no longer need the file. */
  finished: Set<Stream>;
  idleTimer?: NodeJS.Timeout;
}

export interface ParseLease {
  readonly bytesRead: number;
  /**
   * Returns the result of the parse.
   * @throws StatementError if the file is broken or is not a bank statement
   * @throws PspError if no temporary file can be written
   */
  result(): Promise<ParsedFile>;
  /**
   * Ends the use of the result by this stream.
   * @param isFinished true if the stream will not need the file again
   */
  release(isFinished: boolean): void;
}

export class ParsedFiles {
  private readonly parses = new Map<string, SharedParse>();

  constructor(private readonly csvMappings: readonly CsvMapping[] = []) {}

  /** Starts to parse the file. If another stream has already started, the result of that parse is used. */
  acquire(file: StatementFile, fingerprint: string, stream: Stream): ParseLease {
    const shared = this.parses.get(fingerprint) ?? this.begin(file, fingerprint);
    clearTimeout(shared.idleTimer);
    shared.userCount++;
    let isReleased = false;
    return {
      get bytesRead() {
        return shared.bytesRead[0] ?? 0;
      },
      result: async () => {
        const result = await shared.result;
        if (result instanceof StatementError) throw result;
        return result;
      },
      release: (isFinished) => {
        if (isReleased) return;
        isReleased = true;
        shared.userCount--;
        if (isFinished) shared.finished.add(stream);
        this.deleteUnused(fingerprint, shared);
      },
    };
  }

  private begin(file: StatementFile, fingerprint: string): SharedParse {
    const bytesRead = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
    const shared: SharedParse = {
      bytesRead,
      result: parse(file, fingerprint, bytesRead, this.csvMappings),
      userCount: 0,
      finished: new Set(),
    };
    // A successful parse and a broken file are kept as results. After any other error, the next pull tries again.
    shared.result.catch(() => this.parses.delete(fingerprint));
    this.parses.set(fingerprint, shared);
    return shared;
  }

  private deleteUnused(fingerprint: string, shared: SharedParse): void {
    if (shared.userCount > 0) return;
    const remove = (): void => {
      if (this.parses.get(fingerprint) === shared) this.parses.delete(fingerprint);
      void shared.result.then((result) => result instanceof StatementError || result.close()).catch(() => {});
    };
    if (shared.finished.size === STREAMS.length) remove();
    else shared.idleTimer = setTimeout(remove, MAX_IDLE_MS).unref();
  }
}

async function parse(
  file: StatementFile,
  fingerprint: string,
  bytesRead: Float64Array,
  csvMappings: readonly CsvMapping[],
): Promise<(ParsedFile & { close(): void }) | StatementError> {
  const open = await OpenStatementFile.open(file);
  try {
    if (open.fingerprint !== fingerprint) throw new ReplacedFileError(`${file.name} was replaced`);
    const spool = openSpool();
    try {
      const description = { name: file.name, csvMappings };
      return await parseInWorker({ file: open.descriptor, spool, bytesRead, description });
    } catch (error) {
      closeSync(spool);
      if (error instanceof StatementError) return error;
      throw error;
    }
  } finally {
    await open.close();
  }
}

function openSpool(): number {
  try {
    return createSpool();
  } catch (cause) {
    throw new PspError(
      'unavailable',
      `a large file needs a temporary file, which cannot be created: ${String(cause)}; set TMPDIR to a directory that can be written`,
      { cause },
    );
  }
}
