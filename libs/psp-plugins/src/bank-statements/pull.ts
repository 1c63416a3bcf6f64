/** Pulls a stream from the directory: finds new files, orders them, checks each file and extracts its records. */
import type { Page, Refusal } from '@tributary/connector-api';
import type { CurrentFile, Progress } from './cursor.js';
import { OpenFile, codeOf, listFiles } from './directory.js';
import type { StatementFile } from './directory.js';
import { PageBuilder } from './page-builder.js';
import type { Step } from './page-builder.js';
import { readStatements } from './readers/index.js';
import { acceptFile, fileRefusalId, forgetFiles, refuseFile } from './refusals.js';
import { checkFile } from './statement-check.js';
import type { CheckedFile } from './statement-check.js';
import { StatementError } from './statement.js';
import type { StatementPart } from './statement.js';

/** Extracts the records of one stream from a checked file. */
export interface Listing<T> {
  /** True for one stream only, so that a rejected file is reported once and not three times. */
  reportsRefusals: boolean;
  /** Whether the stream needs the identities of statements and entries. */
  recognises: boolean;
  /**
   * @param parts starts the second pass over the file
   * @param current position in the file; the extractor advances it with each step
   */
  read(
    file: CheckedFile,
    parts: () => AsyncIterable<StatementPart>,
    current: CurrentFile,
    name: string,
  ): AsyncIterable<Step<T>>;
  /** Called after pages were handed over. */
  turn?(): void;
}

/** Number of attempts to read a file that changes while it is read. After that it is left for the next pull. */
const ATTEMPTS = 3;

export async function* pull<T extends object>(
  directory: string,
  progress: Progress,
  listing: Listing<T>,
): AsyncGenerator<Page<T>> {
  const files = await listFiles(directory);
  progress.prune(new Set(files.map(({ fingerprint }) => fingerprint)));
  const waiting = files.filter(({ fingerprint }) => !progress.done.has(fingerprint));
  // Resume a partly served file before newer files.
  waiting.sort((a, b) => Number(isCurrent(b, progress)) - Number(isCurrent(a, progress)));
  const builder = new PageBuilder<T>(
    progress,
    waiting.reduce((sum, { size }) => sum + size, 0),
  );
  builder.add({ items: [], cleared: forgetFiles(new Set(files.map(({ name }) => name)), progress) });
  for (const file of waiting) {
    for await (const step of readFile(file, progress, listing)) {
      builder.add(step);
      if (!builder.isFull()) continue;
      yield* builder.flush();
      listing.turn?.();
    }
    builder.endFile(file.size);
    if (!builder.isFull()) continue;
    yield* builder.flush();
    listing.turn?.();
  }
  yield* builder.flush();
}

async function* readFile<T>(
  file: StatementFile,
  progress: Progress,
  listing: Listing<T>,
): AsyncGenerator<Step<T>> {
  if (file.forbidden !== undefined) {
    progress.finish(file.fingerprint);
    yield refuse(file, file.forbidden, progress, listing);
    return;
  }
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    let open: OpenFile;
    try {
      open = await OpenFile.open(file);
    } catch (error) {
      // ENOENT: the file was removed after listing. Other errors, e.g. missing permission, may end without a
      // change of the fingerprint. Therefore the file is not marked as finished.
      if (codeOf(error) !== 'ENOENT') yield refuse(file, unreadable(error), progress, listing);
      return;
    }
    try {
      yield* readOpen(file, open, progress, listing);
      if (!(await open.hasChanged())) return;
    } finally {
      await open.close();
    }
  }
}

/** Returns without finishing the file if it changed meanwhile. */
async function* readOpen<T>(
  file: StatementFile,
  open: OpenFile,
  progress: Progress,
  listing: Listing<T>,
): AsyncGenerator<Step<T>> {
  if (progress.current?.file !== open.fingerprint) {
    progress.current = { file: open.fingerprint, entries: 0, refused: 0 };
  }
  const { current } = progress;
  const parts = (): AsyncIterable<StatementPart> => readStatements(open.read());
  let checked: CheckedFile;
  try {
    checked = await checkFile(parts(), listing.recognises);
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    if (await open.hasChanged()) return;
    progress.finish(open.fingerprint);
    yield refuse(file, error.message, progress, listing);
    return;
  }
  try {
    for await (const step of listing.read(checked, parts, current, file.name)) {
      // After a change the data may mix both versions of the file.
      if (await open.hasChanged()) return;
      yield { ...step, bytes: open.position };
    }
  } catch (error) {
    if (error instanceof StatementError && (await open.hasChanged())) return;
    throw error;
  }
  progress.finish(open.fingerprint);
  if (listing.reportsRefusals) yield { items: [], cleared: acceptFile(file.name, current.refused, progress) };
}

function refuse<T>(
  { name }: StatementFile,
  reason: string,
  progress: Progress,
  { reportsRefusals }: Listing<T>,
): Step<T> {
  if (!reportsRefusals) return { items: [] };
  const refusal: Refusal = { id: fileRefusalId(name), refused: `${name}: ${reason}` };
  return { items: [refusal], cleared: refuseFile(name, progress) };
}

function isCurrent({ fingerprint }: StatementFile, { current }: Progress): boolean {
  return current?.file === fingerprint;
}

function unreadable(error: unknown): string {
  const code = codeOf(error);
  return code === 'EACCES' || code === 'EPERM'
    ? 'it cannot be opened: permission denied for this user'
    : `it cannot be opened: ${code ?? String(error)}`;
}
