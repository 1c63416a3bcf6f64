/**
 * Caches the parsed small files of one connector. The streams are usually pulled at the same time, so a file is opened and parsed once for
 * all streams. A file is removed when all streams have read it.
 */
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import { parseInMemory } from '../parsing/parse-in-memory.js';
import type { ParsedFile } from '../parsing/parsed-file.js';
import type { CsvMapping } from '../readers/csv/csv-mapping.types.js';
import { StatementError } from '../statements/statement.types.js';
import { OpenStatementFile } from './statement-files.js';
import type { StatementFile } from './statement-files.js';

/** The maximum size in bytes of a file that is parsed in memory. */
export const SMALL_FILE_BYTES = 1 << 20;
/** The maximum total size in bytes of the cached files. The parsed files need several times this size in memory. */
const MAX_CACHED_BYTES = 2 << 20;
/** The time in ms without a new file after which all cached files are removed. A stream that needs a removed file parses it again. */
const MAX_IDLE_MS = 60_000;

/** The result of reading a small file. It is `undefined` if the file cannot be opened, or if another file has replaced the listed file. */
export type SmallFileResult = ParsedFile | StatementError | undefined;

interface CachedFile {
  size: number;
  result: Promise<SmallFileResult>;
  readers: Set<Stream>;
}

export class SmallFileCache {
  /** The cached files by fingerprint, oldest first. */
  private readonly files = new Map<string, CachedFile>();
  private totalBytes = 0;
  private idleTimer: NodeJS.Timeout | undefined;

  constructor(readonly csvMappings: readonly CsvMapping[] = []) {}

  async read(file: StatementFile, stream: Stream): Promise<SmallFileResult> {
    const cached = this.files.get(file.fingerprint) ?? this.add(file);
    cached.readers.add(stream);
    if (cached.readers.size === STREAMS.length) this.remove(file.fingerprint);
    return cached.result;
  }

  private add(file: StatementFile): CachedFile {
    const cached = {
      size: file.size,
      result: parseSmallFile(file, this.csvMappings),
      readers: new Set<Stream>(),
    };
    // If reading fails with an error other than StatementError, the error is thrown to all streams that wait for the file, and the file is
    // removed from the cache. The next pull tries again.
    cached.result.catch(() => this.remove(file.fingerprint));
    this.files.set(file.fingerprint, cached);
    this.totalBytes += file.size;
    for (const oldest of this.files.keys()) {
      if (this.totalBytes <= MAX_CACHED_BYTES) break;
      this.remove(oldest);
    }
    if (this.idleTimer) this.idleTimer.refresh();
    else this.idleTimer = setTimeout(() => this.removeAll(), MAX_IDLE_MS).unref();
    return cached;
  }

  private remove(fingerprint: string): void {
    const cached = this.files.get(fingerprint);
    if (!cached) return;
    this.files.delete(fingerprint);
    this.totalBytes -= cached.size;
  }

  private removeAll(): void {
    this.files.clear();
    this.totalBytes = 0;
    this.idleTimer = undefined;
  }
}

async function parseSmallFile(
  file: StatementFile,
  csvMappings: readonly CsvMapping[],
): Promise<SmallFileResult> {
  const open = await OpenStatementFile.open(file).catch(() => undefined);
  if (!open) return undefined;
  try {
    if (open.fingerprint !== file.fingerprint) return undefined;
    const parsed = await parseInMemory(open.read(), { name: file.name, csvMappings }).catch(
      (error: unknown) => {
        if (error instanceof StatementError) return error;
        throw error;
      },
    );
    return (await open.hasChanged()) ? undefined : parsed;
  } finally {
    await open.close();
  }
}
