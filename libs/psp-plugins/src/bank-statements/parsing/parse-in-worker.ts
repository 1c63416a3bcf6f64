/** Parses a large file in a worker thread, so that the main thread can serve requests in the meantime. */
import { Worker } from 'node:worker_threads';
import { existsSync, readSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setImmediate } from 'node:timers/promises';
import { KeyCounts } from '../checking/key-counts.js';
import type { SerializedKeyCounts } from '../checking/key-counts.js';
import type { CheckedStatement } from '../checking/statement-check.js';
import type { FileDescription } from '../readers/index.js';
import { StatementError } from '../statements/statement.types.js';
import { FileParser } from './parse-file.js';
import type { ParsedFile } from './parsed-file.js';
import { SpoolReader, SpoolWriter } from './spool.js';
import type { SpoolIndex } from './spool.js';

export interface ParseTask {
  /** The file descriptor of the statement file. `spool` is the descriptor of the temporary file for its parsed events. */
  file: number;
  spool: number;
  /** The number of bytes that were parsed so far. It is in memory that the worker shares with the caller. */
  bytesRead: Float64Array;
  description: FileDescription;
}

export type ParseResult =
  | {
      kind: 'parsed';
      statements: CheckedStatement[];
      keyCounts: SerializedKeyCounts;
      entryCount: number;
      index: SpoolIndex;
    }
  | { kind: 'refused'; reason: string };

const WORKER_URL = new URL('./parse-worker.js', import.meta.url);
/**
 * The number of bytes that are parsed at once. All events of a chunk are in memory at the same time. With a larger chunk, many of them
 * survive a collection of V8's young generation, which costs processor time and memory.
 */
const CHUNK_BYTES = 16_384;
/**
 * The memory limit of the worker. A worker needs memory for one batch and eight bytes for each digest of an entry. The limit applies to V8's
 * young generation and keeps the process small. A lower limit would cost much processor time.
 */
const WORKER_LIMITS = { maxYoungGenerationSizeMb: 32 };

/** The error for a thread that ended without a result, e.g. because memory was exhausted. The next attempt may succeed. */
export class ParseWorkerError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(`the thread that parses it failed: ${reason}. The next pull tries again`, options);
  }
}

/**
 * Parses a file in a worker thread.
 * @throws StatementError if the file is broken or is not a bank statement
 * @throws ParseWorkerError if the thread fails
 */
export async function parseInWorker(task: ParseTask): Promise<ParsedFile & { close(): void }> {
  // The compiled worker exists only in the built program. If the program runs from its sources, the main thread parses the file.
  const result = existsSync(WORKER_URL) ? await runWorker(task) : await runInThisThread(task);
  if (result.kind === 'refused') throw new StatementError(result.reason);
  const spool = new SpoolReader(task.spool, result.index);
  return {
    statements: result.statements,
    keyCounts: KeyCounts.parse(result.keyCounts),
    entryCount: result.entryCount,
    readEvents: () => spool.readEvents(),
    readBeneficiaries: () => spool.readBeneficiaries(),
    readRaw: (_, number) => spool.readRaw(number),
    close: () => spool.close(),
  };
}

function runWorker(task: ParseTask): Promise<ParseResult> {
  const { promise, resolve, reject } = Promise.withResolvers<ParseResult>();
  const worker = new Worker(fileURLToPath(WORKER_URL), { workerData: task, resourceLimits: WORKER_LIMITS });
  worker.once('message', resolve);
  worker.once('error', (cause: unknown) =>
    reject(new ParseWorkerError(cause instanceof Error ? cause.message : String(cause), { cause })),
  );
  worker.once('exit', (code) => reject(new ParseWorkerError(`it ended with code ${code}`)));
  // A gateway that stops does not wait for the worker thread. While a stream waits for the result, the stream itself keeps the process
  // running.
  worker.unref();
  return promise;
}

async function runInThisThread(task: ParseTask): Promise<ParseResult> {
  const steps = parseInSteps(task);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await setImmediate();
  }
}

/** Parses the file in chunks. The generator yields after each chunk, so that the caller can interrupt the work. */
export function* parseInSteps({
  file,
  spool,
  bytesRead,
  description,
}: ParseTask): Generator<void, ParseResult> {
  const writer = new SpoolWriter(spool);
  const parse = new FileParser(writer, description);
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  try {
    for (let position = 0; ; bytesRead[0] = position) {
      const length = readSync(file, chunk, 0, CHUNK_BYTES, position);
      if (length === 0) break;
      parse.write(chunk.subarray(0, length));
      position += length;
      yield;
    }
    const { statements, keyCounts, entryCount } = parse.end();
    return { kind: 'parsed', statements, keyCounts: keyCounts.serialize(), entryCount, index: writer.index };
  } catch (error) {
    if (error instanceof StatementError) return { kind: 'refused', reason: error.message };
    throw error;
  }
}
