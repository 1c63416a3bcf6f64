/**
 * The parsed small files of one connector that not all streams have read yet. The streams are usually pulled at the
 * same time, so a file is opened and parsed once for all of them.
 */
import { STREAMS } from '@tributary/connector-api';
import type { Stream } from '@tributary/connector-api';
import { parseInMemory } from '../parsing/parse-in-memory.js';
import type { ParsedFile } from '../parsing/parsed-file.js';
import { StatementError } from '../statements/statement.types.js';
import { OpenStatementFile } from './statement-files.js';
import type { StatementFile } from './statement-files.js';

/** A file of at most this size is parsed in memory. */
export const SMALL_FILE_BYTES = 1 << 20;
/** Sum of the sizes of the files that are kept. A parsed file needs several times its size. */
const MAX_CACHED_BYTES = 2 << 20;
/** Files that a stream does not ask for within this time are parsed again. */
const MAX_IDLE_MS = 60_000;

/** `undefined` if the file cannot be opened, or is no longer the one that was listed. */
export type SmallFileResult = ParsedFile | StatementError | undefined;

interface CachedFile {
  size: number;
  result: Promise<SmallFileResult>;
  readers: Set<Stream>;
}

export class SmallFileCache {
  /** By fingerprint, oldest first. */
  private readonly files = new Map<string, CachedFile>();
  private totalBytes = 0;
  private idleTimer: NodeJS.Timeout | undefined;

  async read(file: StatementFile, stream: Stream): Promise<SmallFileResult> {
    const cached = this.files.get(file.fingerprint) ?? this.add(file);
    cached.readers.add(stream);
    if (cached.readers.size === STREAMS.length) this.remove(file.fingerprint);
    return cached.result;
  }

  private add(file: StatementFile): CachedFile {
    const cached = { size: file.size, result: parseSmallFile(file), readers: new Set<Stream>() };
    // An error that is no result is thrown to the streams that wait for it. The next pull tries again.
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

async function parseSmallFile(file: StatementFile): Promise<SmallFileResult> {
  const open = await OpenStatementFile.open(file).catch(() => undefined);
  if (!open) return undefined;
  try {
    if (open.fingerprint !== file.fingerprint) return undefined;
    const parsed = await parseInMemory(open.read()).catch((error: unknown) => {
      if (error instanceof StatementError) return error;
      throw error;
    });
    return (await open.hasChanged()) ? undefined : parsed;
  } finally {
    await open.close();
  }
}
