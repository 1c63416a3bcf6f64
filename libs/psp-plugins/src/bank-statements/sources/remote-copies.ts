/**
 * Copies new files from a bank's server into the directory of the connector. The plugin then reads the directory as usual. Nothing is
 * changed or deleted on the server. Reasons: docs/decisions/0021-remote-bank-files.md.
 */
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout } from 'node:timers/promises';
import { PspError } from '@tributary/connector-api';
import type { DataWarning } from '@tributary/connector-api';
import { matchesGlob } from '../readers/glob.js';
import { isTemporaryName } from '../pulling/statement-files.js';
import type { RemoteFile, RemoteSession, RemoteSource } from './remote-source.types.js';

/** The time in ms that a listing waits for the copies. Longer copying continues in the background, and the next listing has its files. */
const MAX_WAIT_MS = 20_000;
/** The time in ms in which another listing uses the result of the last look at the server. Three streams are listed at the same time. */
const REUSE_MS = 5_000;
/** The age in ms from which a file counts as complete. A younger file is copied when two looks at the server show the same size. */
const SETTLED_AGE_MS = 60_000;
/** The age in ms from which an unfinished copy of a stopped process is removed. */
const ABANDONED_AGE_MS = 3_600_000;
const MAX_NAME_BYTES = 200;
/** The number of files in succession that may fail before the look at the server ends. */
const MAX_FAILURES = 3;
const UNFINISHED_PATTERN = /^\.tributary-.*\.part$/;

export interface RemoteCopiesOptions {
  /** The directory into which the files are copied. */
  directory: string;
  /** The names of the files that are copied, see `matchesGlob`. */
  files: string;
  /** Returns the time in ms since 1970. */
  now?: () => number;
}

export class RemoteCopies {
  private running: Promise<void> | undefined;
  private finishedAt = -Infinity;
  /** The size and time of each young file at the last look, by name. */
  private seen = new Map<string, string>();
  /** What happened to files since the last report: the error, or undefined for a file that was copied. */
  private readonly report = new Map<string, string | undefined>();
  /** The errors that were already reported, by the name of the file. */
  private readonly reported = new Map<string, string>();
  private readonly now: () => number;

  constructor(
    private readonly source: RemoteSource,
    private readonly options: RemoteCopiesOptions,
  ) {
    this.now = options.now ?? Date.now;
  }

  /**
   * Copies new and changed files, newest first. If this takes long, the method returns before the end, and the copying continues.
   * @throws PspError if the server cannot be reached, or refuses the credentials
   */
  async update(): Promise<void> {
    if (!this.running && this.now() - this.finishedAt < REUSE_MS) return;
    const running = (this.running ??= this.copyFiles().finally(() => {
      this.running = undefined;
    }));
    // After the waiting time, no code waits for the copies. Without this handler, a late error would be an unhandled rejection. The next
    // call reports it, if it happens again.
    running.catch(() => undefined);
    const timer = new AbortController();
    const timeout = setTimeout(MAX_WAIT_MS, undefined, { signal: timer.signal, ref: false }).catch(
      () => undefined,
    );
    await Promise.race([running, timeout]).finally(() => timer.abort());
  }

  private async copyFiles(): Promise<void> {
    await mkdir(this.options.directory, { recursive: true });
    await this.removeAbandonedCopies();
    const session = await this.source.connect();
    try {
      const files = (await session.listFiles()).filter(({ name }) => this.isWanted(name));
      files.sort((a, b) => b.modifiedAt - a.modifiedAt || (a.name < b.name ? 1 : -1));
      const settled = this.selectSettled(files);
      await this.copyNewFiles(session, settled);
      this.finishedAt = this.now();
    } finally {
      await session.close();
    }
  }

  /**
   * Copies the files that have no copy. A file that cannot be read is reported, and does not keep the others back.
   * @throws PspError if several files in succession cannot be read, because then the connection is the likely cause
   */
  private async copyNewFiles(session: RemoteSession, files: readonly RemoteFile[]): Promise<void> {
    let failureCount = 0;
    for (const file of files) {
      if (await this.hasCopy(file)) continue;
      try {
        await this.copyFile(session, file);
        this.report.set(file.name, undefined);
        failureCount = 0;
      } catch (error) {
        if (!(error instanceof PspError) || ++failureCount >= MAX_FAILURES) throw error;
        this.report.set(file.name, error.message);
      }
    }
  }

  /** Returns what happened to single files since the last call: warnings, and the ids of warnings that are resolved. */
  takeReport(): { warnings: DataWarning[]; resolvedIds: string[] } {
    const warnings: DataWarning[] = [];
    const resolvedIds: string[] = [];
    for (const [name, message] of this.report) {
      const id = `remote:${name}`;
      if (message === undefined) resolvedIds.push(id);
      else if (this.reported.get(name) !== message) warnings.push({ id, message });
      if (message === undefined) this.reported.delete(name);
      else this.reported.set(name, message);
    }
    this.report.clear();
    return { warnings, resolvedIds };
  }

  private isWanted(name: string): boolean {
    const isSafe =
      !/[/\\\0]/.test(name) && !name.startsWith('.') && Buffer.byteLength(name) <= MAX_NAME_BYTES;
    return isSafe && name !== '' && !isTemporaryName(name) && matchesGlob(name, this.options.files);
  }

  /** Returns the files that are complete. A young file must have the same size and time as at the look before. */
  private selectSettled(files: readonly RemoteFile[]): RemoteFile[] {
    if (this.source.hasOnlyCompleteFiles) return [...files];
    const before = this.seen;
    this.seen = new Map();
    return files.filter((file) => {
      if (this.now() - file.modifiedAt >= SETTLED_AGE_MS) return true;
      const state = `${file.size} ${file.modifiedAt}`;
      this.seen.set(file.name, state);
      return before.get(file.name) === state;
    });
  }

  /** Returns true if the directory has a copy of this version of the file. A copy has the size and the time of the original. */
  private async hasCopy({ name, size, modifiedAt }: RemoteFile): Promise<boolean> {
    try {
      const copy = await stat(join(this.options.directory, name));
      return copy.size === size && Math.abs(copy.mtimeMs - modifiedAt) < 1000;
    } catch {
      return false;
    }
  }

  /** Copies a file under a hidden name, and renames the copy when it is complete. */
  private async copyFile(session: RemoteSession, file: RemoteFile): Promise<void> {
    const { directory } = this.options;
    const unfinished = join(directory, `.tributary-${randomUUID()}.part`);
    try {
      await pipeline(session.readFile(file), createWriteStream(unfinished, { flags: 'wx', mode: 0o640 }));
      const { size } = await stat(unfinished);
      // Another size means that the file is being uploaded, or was replaced after it was listed. The next look finds its new size.
      if (size !== file.size) return;
      const time = new Date(file.modifiedAt);
      await utimes(unfinished, time, time);
      await rename(unfinished, join(directory, file.name));
    } finally {
      await rm(unfinished, { force: true });
    }
  }

  private async removeAbandonedCopies(): Promise<void> {
    const { directory } = this.options;
    for (const name of await readdir(directory)) {
      if (!UNFINISHED_PATTERN.test(name)) continue;
      const path = join(directory, name);
      const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }));
      if (Date.now() - mtimeMs > ABANDONED_AGE_MS) await rm(path, { force: true });
    }
  }
}
