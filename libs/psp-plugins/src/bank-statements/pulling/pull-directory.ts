/** Pulls a stream from the directory: finds new files, sorts them, checks each file and extracts its records. */
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import type { Page, RejectedRecord, Stream } from '@tributary/connector-api';
import type { CurrentFile, PullProgress } from './pull-progress.js';
import { OpenStatementFile, getFileSystemErrorCode, listStatementFiles } from './statement-files.js';
import type { StatementFile } from './statement-files.js';
import { PageBuilder } from './page-builder.js';
import type { ExtractionStep } from './page-builder.js';
import { readStatements } from '../readers/index.js';
import { computeDigest } from '../identity/digest.js';
import { findCsvMapping } from '../readers/csv/csv-mapping-resolver.js';
import type { CsvMapping } from '../readers/csv/csv-mapping.types.js';
import { isArchiveName } from '../readers/archive/unpack-archive.js';
import {
  recordReadFile,
  createFileRejectionId,
  forgetMissingFiles,
  recordRejectedFile,
} from './rejections.js';
import { parseInMemory } from '../parsing/parse-in-memory.js';
import { ParseWorkerError } from '../parsing/parse-in-worker.js';
import type { ParsedFile } from '../parsing/parsed-file.js';
import { ReplacedFileError } from './parsed-files.js';
import type { ParseLease, ParsedFiles } from './parsed-files.js';
import { SMALL_FILE_BYTES } from './small-file-cache.js';
import type { SmallFileCache } from './small-file-cache.js';
import type { RemoteCopies } from '../sources/remote-copies.js';
import { StatementError } from '../statements/statement.types.js';
import type { StatementEvent } from '../statements/statement.types.js';

/** Extracts the records of one stream from a checked file. */
export interface StreamExtractor<T> {
  readonly stream: Stream;
  /** True for only one of the streams, so that a rejected file is reported once and not once per stream. */
  reportsRejections: boolean;
  /**
   * Extracts the records of a file in steps.
   * @param current the position in the file. The method advances it with each step
   */
  extract(
    file: ParsedFile,
    current: CurrentFile,
    name: string,
    readOther: ReadOtherFile,
  ): AsyncIterable<ExtractionStep<T>>;
  /** Returns the last step of a pull. It is called when all files were read. */
  finish?(): ExtractionStep<T>;
  /** Called after a page was yielded. */
  onPageYielded?(): void;
}

/**
 * Reads another file of the directory, e.g. the file with an earlier version of a statement.
 * @returns `undefined` if the file no longer exists or has changed
 */
export type ReadOtherFile = (
  fingerprint: string,
) => Promise<{ parts: () => AsyncIterable<StatementEvent>; close: () => Promise<void> } | undefined>;

/**
 * The size in bytes up to which a CSV file is parsed in the main thread. The statements of a CSV file are created at its end without an
 * interruption, so the limit is lower than for other formats.
 */
const SMALL_CSV_BYTES = 1 << 17;
/** The size in bytes above which a file is read after all other files. */
const LARGE_FILE_BYTES = 16 << 20;
/** The interval in ms at which empty pages are yielded while a file is being checked, so that the gateway sees progress. */
const HEARTBEAT_MS = 10_000;
/** The interval in ms at which the plugin checks whether a file has changed while its records are served. */
const CHANGE_CHECK_INTERVAL_MS = 1000;
/**
 * The maximum number of attempts to read a file that changes while it is being read. After these attempts, the file is left to the next
 * pull.
 */
const MAX_READ_ATTEMPTS = 3;

export async function* pullDirectory<T extends object>(
  directory: string,
  progress: PullProgress,
  extractor: StreamExtractor<T>,
  parses: SharedParses,
): AsyncGenerator<Page<T>> {
  // The copies are made first, so that this listing contains them.
  await parses.remoteCopies?.update();
  const files = await listStatementFiles(directory, parses.remoteCopies !== undefined);
  progress.setCsvMappings(digestMappings(parses.csvMappings));
  progress.removeMissing(new Set(files.map(({ fingerprint }) => fingerprint)));
  const pendingFiles = files.filter(({ fingerprint }) => !progress.finishedFiles.has(fingerprint));
  // A file of which a part is already served comes first. Large files come last, so that the other files need not wait for them.
  pendingFiles.sort((a, b) => fileRank(a, progress) - fileRank(b, progress));
  const builder = new PageBuilder<T>(
    progress,
    pendingFiles.reduce((sum, { size }) => sum + size, 0),
  );
  builder.add({
    items: [],
    resolvedIds: forgetMissingFiles(new Set(files.map(({ name }) => name)), progress),
  });
  if (parses.remoteCopies && extractor.reportsRejections)
    builder.add({ items: [], ...parses.remoteCopies.takeReport() });
  const readOther = createOtherFileReader(files, parses.csvMappings);
  for (const file of pendingFiles) {
    for await (const step of readFile(file, progress, extractor, { readOther, ...parses })) {
      builder.add(step);
      if (!builder.isFull()) continue;
      yield* builder.flush();
      extractor.onPageYielded?.();
    }
    builder.endFile(file.size);
    if (!builder.isFull()) continue;
    yield* builder.flush();
    extractor.onPageYielded?.();
  }
  if (extractor.finish) builder.add(extractor.finish());
  yield* builder.flush();
}

function digestMappings(csvMappings: readonly CsvMapping[]): string {
  return csvMappings.length === 0 ? '' : computeDigest(JSON.stringify(csvMappings));
}

function createOtherFileReader(
  files: readonly StatementFile[],
  csvMappings: readonly CsvMapping[],
): ReadOtherFile {
  return async (fingerprint) => {
    const file = files.find((candidate) => candidate.fingerprint === fingerprint);
    if (!file || file.forbiddenReason !== undefined) return undefined;
    const open = await OpenStatementFile.open(file).catch(() => undefined);
    if (open?.fingerprint !== fingerprint) {
      await open?.close();
      return undefined;
    }
    const description = { name: file.name, csvMappings };
    return { parts: () => readStatements(open.read(), description), close: () => open.close() };
  };
}

/** The parsed files that all streams of a connector share. */
export interface SharedParses {
  smallFiles: SmallFileCache;
  largeFiles: ParsedFiles;
  csvMappings: readonly CsvMapping[];
  /** Present if the files are copied from a server of the bank. */
  remoteCopies?: RemoteCopies;
}

interface FileSources extends SharedParses {
  readOther: ReadOtherFile;
}

async function* readFile<T>(
  file: StatementFile,
  progress: PullProgress,
  extractor: StreamExtractor<T>,
  sources: FileSources,
): AsyncGenerator<ExtractionStep<T>> {
  if (file.forbiddenReason !== undefined) {
    progress.finishFile(file.fingerprint);
    yield rejectFile(file, file.forbiddenReason, progress, extractor);
    return;
  }
  if (isSmall(file, file.size, sources.csvMappings)) {
    const result = await sources.smallFiles.read(file, extractor.stream);
    if (result) {
      yield* readSmallFile(file, result, progress, extractor, sources.readOther);
      return;
    }
  }
  for (let attempt = 1; attempt <= MAX_READ_ATTEMPTS; attempt++) {
    let open: OpenStatementFile;
    try {
      open = await OpenStatementFile.open(file);
    } catch (error) {
      // ENOENT means that the file was removed after the listing. The cause of other errors, e.g. a missing permission, may disappear
      // without a change of the file. Therefore the file is not marked as finished.
      if (getFileSystemErrorCode(error) !== 'ENOENT')
        yield rejectFile(file, openErrorMessage(error), progress, extractor);
      return;
    }
    try {
      yield* readOpenFile(file, open, progress, extractor, sources);
      if (!(await open.hasChanged())) return;
    } finally {
      await open.close();
    }
  }
}

async function* readSmallFile<T>(
  file: StatementFile,
  result: ParsedFile | StatementError,
  progress: PullProgress,
  extractor: StreamExtractor<T>,
  readOther: ReadOtherFile,
): AsyncGenerator<ExtractionStep<T>> {
  const { fingerprint, name, size } = file;
  const current = openProgress(fingerprint, progress);
  if (result instanceof StatementError) {
    progress.refuseFile(fingerprint);
    yield rejectFile(file, result.message, progress, extractor);
    return;
  }
  for await (const step of extractor.extract(result, current, name, readOther))
    yield { ...step, bytesRead: servedBytes(size, current, result) };
  yield* finishFile(file, fingerprint, progress, extractor);
}

/**
 * Returns true if the file is small enough to be parsed in the main thread. An archive is never regarded as small, because its content may be large.
 */
function isSmall({ name }: StatementFile, size: number, csvMappings: readonly CsvMapping[]): boolean {
  if (isArchiveName(name)) return false;
  return size <= (findCsvMapping(csvMappings, name) ? SMALL_CSV_BYTES : SMALL_FILE_BYTES);
}

/** Returns the position in the file. It is the beginning, unless an earlier pull has already read a part of the file. */
function openProgress(fingerprint: string, progress: PullProgress): CurrentFile {
  if (progress.current?.file !== fingerprint)
    progress.current = { file: fingerprint, entries: 0, refused: 0 };
  return progress.current;
}

function* finishFile<T>(
  { name }: StatementFile,
  fingerprint: string,
  progress: PullProgress,
  { reportsRejections }: StreamExtractor<T>,
): Generator<ExtractionStep<T>> {
  const refused = progress.current?.refused ?? 0;
  progress.finishFile(fingerprint);
  if (reportsRejections) yield { items: [], resolvedIds: recordReadFile(name, refused, progress) };
}

/** Reads an open file. If the file changes in the meantime, the function returns without marking the file as finished. */
async function* readOpenFile<T>(
  file: StatementFile,
  open: OpenStatementFile,
  progress: PullProgress,
  extractor: StreamExtractor<T>,
  { readOther, largeFiles, csvMappings }: FileSources,
): AsyncGenerator<ExtractionStep<T>> {
  const current = openProgress(open.fingerprint, progress);
  const lease = isSmall(file, open.size, csvMappings)
    ? undefined
    : largeFiles.acquire(file, open.fingerprint, extractor.stream);
  try {
    let parsed: ParsedFile;
    try {
      parsed = lease
        ? yield* waitWithHeartbeat<T>(lease, current)
        : await parseInMemory(open.read(), { name: file.name, csvMappings });
    } catch (error) {
      if (error instanceof ReplacedFileError) return;
      if (!(error instanceof StatementError || error instanceof ParseWorkerError)) throw error;
      if (await open.hasChanged()) return;
      if (error instanceof ParseWorkerError) {
        // The file is not marked as finished, so that the next pull tries again.
        yield rejectFile(file, error.message, progress, extractor);
        return;
      }
      progress.refuseFile(open.fingerprint);
      yield rejectFile(file, error.message, progress, extractor);
      lease?.release(true);
      return;
    }
    let nextCheckAt = 0;
    for await (const step of extractor.extract(parsed, current, file.name, readOther)) {
      // If the file has changed, the data may be a mixture of both versions. After the first step, the file was completely read, so that a
      // change only ends the reading early.
      if (performance.now() >= nextCheckAt) {
        if (await open.hasChanged()) return;
        nextCheckAt = performance.now() + CHANGE_CHECK_INTERVAL_MS;
      }
      yield { ...step, bytesRead: servedBytes(open.size, current, parsed) };
    }
    yield* finishFile(file, open.fingerprint, progress, extractor);
    lease?.release(true);
  } finally {
    lease?.release(false);
  }
}

/**
 * Returns the number of bytes that count as done in the progress. Checking the file is the first half of the progress, and serving is the
 * second half.
 */
function servedBytes(size: number, { entries }: CurrentFile, { entryCount }: ParsedFile): number {
  return entryCount === 0 ? size : (size * (1 + entries / entryCount)) / 2;
}

function rejectFile<T>(
  { name }: StatementFile,
  reason: string,
  progress: PullProgress,
  { reportsRejections }: StreamExtractor<T>,
): ExtractionStep<T> {
  if (!reportsRejections) return { items: [] };
  const rejected: RejectedRecord = { id: createFileRejectionId(name), reason: `${name}: ${reason}` };
  return { items: [rejected], resolvedIds: recordRejectedFile(name, progress) };
}

function fileRank({ fingerprint, size }: StatementFile, { current }: PullProgress): number {
  if (current?.file === fingerprint) return 0;
  return size > LARGE_FILE_BYTES ? 2 : 1;
}

/**
 * Waits until the file is parsed. If parsing takes long, the function yields steps that end a page, because the gateway ends a listing that
 * yields no page for a minute.
 */
async function* waitWithHeartbeat<T>(
  lease: ParseLease,
  current: CurrentFile,
): AsyncGenerator<ExtractionStep<T>, ParsedFile> {
  const parsing = lease.result();
  // If the listing ends in the meantime, no code waits for the result. Without this handler, an error of the parse would be an unhandled
  // rejection.
  parsing.catch(() => undefined);
  for (;;) {
    const timer = new AbortController();
    const heartbeat = setTimeout(HEARTBEAT_MS, undefined, { signal: timer.signal }).catch(() => undefined);
    const parsed = await Promise.race([parsing, heartbeat]).finally(() => timer.abort());
    if (parsed) {
      delete current.checkedBytes;
      return parsed;
    }
    current.checkedBytes = lease.bytesRead;
    yield { items: [], bytesRead: lease.bytesRead / 2, endsPage: true };
  }
}

function openErrorMessage(error: unknown): string {
  const code = getFileSystemErrorCode(error);
  return code === 'EACCES' || code === 'EPERM'
    ? 'it cannot be opened: permission denied for this user'
    : `it cannot be opened: ${code ?? String(error)}`;
}
