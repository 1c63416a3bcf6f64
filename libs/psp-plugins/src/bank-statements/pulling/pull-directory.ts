/** Pulls a stream from the directory: finds new files, orders them, checks each file and extracts its records. */
import { setTimeout } from 'node:timers/promises';
import type { Page, RejectedRecord } from '@tributary/connector-api';
import type { CurrentFile, PullProgress } from './pull-progress.js';
import { OpenStatementFile, getFileSystemErrorCode, listFiles } from './statement-files.js';
import type { StatementFile } from './statement-files.js';
import { PageBuilder } from './page-builder.js';
import type { ExtractionStep } from './page-builder.js';
import { readStatements } from '../readers/index.js';
import { recordReadFile, fileRejectionId, forgetMissingFiles, recordRejectedFile } from './rejections.js';
import { checkFile } from '../checking/statement-check.js';
import type { CheckedFile } from '../checking/statement-check.js';
import { StatementError } from '../statements/statement.types.js';
import type { StatementEvent } from '../statements/statement.types.js';

/** Extracts the records of one stream from a checked file. */
export interface StreamExtractor<T> {
  /** True for one stream only, so that a rejected file is reported once and not three times. */
  reportsRejections: boolean;
  /** Whether the stream needs the identities of statements and entries. */
  needsIdentity: boolean;
  /**
   * @param parts starts the second pass over the file
   * @param current position in the file; the extractor advances it with each step
   */
  extract(
    file: CheckedFile,
    parts: () => AsyncIterable<StatementEvent>,
    current: CurrentFile,
    name: string,
    readOther: ReadOtherFile,
  ): AsyncIterable<ExtractionStep<T>>;
  /** Called when all files were read. */
  finish?(): ExtractionStep<T>;
  /** Called after pages were handed over. */
  onPageYielded?(): void;
}

/**
 * Reads another file of the directory, e.g. one with an earlier version of a statement.
 * @returns `undefined` if the file no longer exists or has changed
 */
export type ReadOtherFile = (
  fingerprint: string,
) => Promise<{ parts: () => AsyncIterable<StatementEvent>; close: () => Promise<void> } | undefined>;

/** A file of at most this size is kept in memory between the two passes. */
const SMALL_FILE_BYTES = 1 << 20;
/** Larger files are read after all others. */
const LARGE_FILE_BYTES = 16 << 20;
/** Interval in ms of the empty pages that are yielded while a file is checked, so that the gateway sees progress. */
const HEARTBEAT_MS = 10_000;

/** Number of attempts to read a file that changes while it is read. After that it is left for the next pull. */
const MAX_READ_ATTEMPTS = 3;

export async function* pullDirectory<T extends object>(
  directory: string,
  progress: PullProgress,
  extractor: StreamExtractor<T>,
): AsyncGenerator<Page<T>> {
  const files = await listFiles(directory);
  progress.removeMissing(new Set(files.map(({ fingerprint }) => fingerprint)));
  const pendingFiles = files.filter(({ fingerprint }) => !progress.finishedFiles.has(fingerprint));
  // Resume a partly served file first. A large file comes last, so that the others need not wait for it.
  pendingFiles.sort((a, b) => fileRank(a, progress) - fileRank(b, progress));
  const builder = new PageBuilder<T>(
    progress,
    pendingFiles.reduce((sum, { size }) => sum + size, 0),
  );
  builder.add({
    items: [],
    resolvedIds: forgetMissingFiles(new Set(files.map(({ name }) => name)), progress),
  });
  const readOther = createOtherFileReader(files);
  for (const file of pendingFiles) {
    for await (const step of readFile(file, progress, extractor, readOther)) {
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

function createOtherFileReader(files: readonly StatementFile[]): ReadOtherFile {
  return async (fingerprint) => {
    const file = files.find((candidate) => candidate.fingerprint === fingerprint);
    if (!file || file.forbiddenReason !== undefined) return undefined;
    const open = await OpenStatementFile.open(file).catch(() => undefined);
    if (open?.fingerprint !== fingerprint) {
      await open?.close();
      return undefined;
    }
    return { parts: () => readStatements(open.read()), close: () => open.close() };
  };
}

async function* readFile<T>(
  file: StatementFile,
  progress: PullProgress,
  extractor: StreamExtractor<T>,
  readOther: ReadOtherFile,
): AsyncGenerator<ExtractionStep<T>> {
  if (file.forbiddenReason !== undefined) {
    progress.finishFile(file.fingerprint);
    yield rejectFile(file, file.forbiddenReason, progress, extractor);
    return;
  }
  for (let attempt = 1; attempt <= MAX_READ_ATTEMPTS; attempt++) {
    let open: OpenStatementFile;
    try {
      open = await OpenStatementFile.open(file);
    } catch (error) {
      // ENOENT: the file was removed after listing. Other errors, e.g. missing permission, may end without a
      // change of the fingerprint. Therefore the file is not marked as finished.
      if (getFileSystemErrorCode(error) !== 'ENOENT')
        yield rejectFile(file, openErrorMessage(error), progress, extractor);
      return;
    }
    try {
      yield* readOpenFile(file, open, progress, extractor, readOther);
      if (!(await open.hasChanged())) return;
    } finally {
      await open.close();
    }
  }
}

/** Returns without finishing the file if it changed meanwhile. */
async function* readOpenFile<T>(
  file: StatementFile,
  open: OpenStatementFile,
  progress: PullProgress,
  extractor: StreamExtractor<T>,
  readOther: ReadOtherFile,
): AsyncGenerator<ExtractionStep<T>> {
  if (progress.current?.file !== open.fingerprint) {
    progress.current = { file: open.fingerprint, entries: 0, refused: 0 };
  }
  const { current } = progress;
  const readParts = (): AsyncIterable<StatementEvent> => readStatements(open.read());
  // A small file is parsed once, and its parts are kept for the second pass.
  const isSmall = open.size <= SMALL_FILE_BYTES;
  const recorded: StatementEvent[] = [];
  const parts = isSmall ? (): AsyncIterable<StatementEvent> => replayParts(recorded) : readParts;
  let checked: CheckedFile;
  try {
    const firstPass = isSmall ? recordParts(readParts(), recorded) : readParts();
    checked = yield* checkWithHeartbeat<T>(firstPass, open, current, extractor.needsIdentity);
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    if (await open.hasChanged()) return;
    progress.finishFile(open.fingerprint);
    yield rejectFile(file, error.message, progress, extractor);
    return;
  }
  try {
    for await (const step of extractor.extract(checked, parts, current, file.name, readOther)) {
      // After a change the data may mix both versions of the file.
      if (await open.hasChanged()) return;
      yield { ...step, bytesRead: open.bytesRead };
    }
  } catch (error) {
    if (error instanceof StatementError && (await open.hasChanged())) return;
    throw error;
  }
  progress.finishFile(open.fingerprint);
  if (extractor.reportsRejections)
    yield { items: [], resolvedIds: recordReadFile(file.name, current.refused, progress) };
}

function rejectFile<T>(
  { name }: StatementFile,
  reason: string,
  progress: PullProgress,
  { reportsRejections }: StreamExtractor<T>,
): ExtractionStep<T> {
  if (!reportsRejections) return { items: [] };
  const rejected: RejectedRecord = { id: fileRejectionId(name), reason: `${name}: ${reason}` };
  return { items: [rejected], resolvedIds: recordRejectedFile(name, progress) };
}

function fileRank({ fingerprint, size }: StatementFile, { current }: PullProgress): number {
  if (current?.file === fingerprint) return 0;
  return size > LARGE_FILE_BYTES ? 2 : 1;
}

/**
 * Checks the file. While this takes long, it yields steps that end a page, because the gateway gives up a
 * listing that yields no page for a minute.
 */
async function* checkWithHeartbeat<T>(
  parts: AsyncIterable<StatementEvent>,
  open: OpenStatementFile,
  current: CurrentFile,
  needsIdentity: boolean,
): AsyncGenerator<ExtractionStep<T>, CheckedFile> {
  const checking = checkFile(parts, needsIdentity);
  // If the listing ends meanwhile, the file is closed and the check fails without anybody waiting for it.
  checking.catch(() => undefined);
  for (;;) {
    const timer = new AbortController();
    const heartbeat = setTimeout(HEARTBEAT_MS, undefined, { signal: timer.signal }).catch(() => undefined);
    const checked = await Promise.race([checking, heartbeat]);
    timer.abort();
    if (checked) {
      delete current.checkedBytes;
      return checked;
    }
    current.checkedBytes = open.bytesRead;
    yield { items: [], bytesRead: open.bytesRead, endsPage: true };
  }
}

/** Passes the parts on and keeps them. */
async function* recordParts(
  parts: AsyncIterable<StatementEvent>,
  recorded: StatementEvent[],
): AsyncGenerator<StatementEvent> {
  for await (const part of parts) {
    recorded.push(part);
    yield part;
  }
}

async function* replayParts(recorded: readonly StatementEvent[]): AsyncGenerator<StatementEvent> {
  yield* recorded;
}

function openErrorMessage(error: unknown): string {
  const code = getFileSystemErrorCode(error);
  return code === 'EACCES' || code === 'EPERM'
    ? 'it cannot be opened: permission denied for this user'
    : `it cannot be opened: ${code ?? String(error)}`;
}
