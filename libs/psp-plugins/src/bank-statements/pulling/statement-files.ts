/** Lists and opens the files in the statement directory. */
import { isAscii, isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { constants, lstat as lstatWithCallback } from 'node:fs';
import type { BigIntStats } from 'node:fs';
import { lstat, open, readdir, realpath } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { PspError } from '@tributary/connector-api';
import { FINGERPRINT_LENGTH } from './pull-progress.js';

export interface StatementFile {
  /** The name for messages, as `toDisplayName` returns it. */
  name: string;
  /** The path as bytes, because a file name may be invalid UTF-8. */
  path: Buffer;
  /** A string that changes whenever the file changes. */
  fingerprint: string;
  size: number;
  /** The reason why the file must not be opened, e.g. because it is a symbolic link to a target outside the directory. */
  forbiddenReason?: string;
  /** True if the file is a copy of a remote file. */
  isCopy?: boolean;
}

/** Matches the names of temporary files. Programs that copy a file often write under such a name, and rename the file at the end. */
const TEMPORARY_NAME_PATTERN = /\.(?:tmp|part|partial|filepart|crdownload|swp)$|~$/i;

const CONTROL_CHARACTER_PATTERN = /[\x00-\x1f\x7f]/;
/** The maximum number of files whose metadata are read at the same time. */
const MAX_CONCURRENT_STATS = 32;

/** Returns true if the name is that of a file that a program has not finished. */
export function isTemporaryName(name: string): boolean {
  return TEMPORARY_NAME_PATTERN.test(name);
}

/**
 * Returns all statement files, sorted by modification time (oldest first), then by name. Hidden files and temporary files are skipped.
 * Sub-directories are also skipped, because they often contain archived files.
 * @param hasCopies true if the files are copies of remote files, see `RemoteCopies`
 * @throws PspError if the directory cannot be listed
 */
export async function listStatementFiles(directory: string, hasCopies = false): Promise<StatementFile[]> {
  const root = resolve(directory);
  let names: Buffer[];
  try {
    names = await readdir(Buffer.from(root), { encoding: 'buffer' });
  } catch (error) {
    throw directoryError(root, error);
  }
  const entries = listEntries(root, names);
  const found: ListedFile[] = [];
  const links: DirectoryEntry[] = [];
  await readAllStats(entries, (entry, stats) => {
    if (stats.isSymbolicLink()) links.push(entry);
    else if (stats.isFile()) found.push(toStatementFile(entry.name, entry.path, stats, hasCopies));
  });
  for (const link of links) {
    const file = await inspectLink(root, link, hasCopies);
    if (file) found.push(file);
  }
  return found.sort((a, b) =>
    a.changed === b.changed ? (a.name < b.name ? -1 : 1) : a.changed < b.changed ? -1 : 1,
  );
}

/**
 * A file that is opened only once. The check and the extraction read the same bytes, even if another file gets the same name in between.
 */
export class OpenStatementFile {
  private constructor(
    private readonly handle: FileHandle,
    private readonly initialStats: BigIntStats,
    name: string,
    isCopy: boolean,
  ) {
    this.fingerprint = fingerprintOf(name, initialStats, isCopy);
    this.size = Number(initialStats.size);
  }

  readonly fingerprint: string;
  readonly size: number;

  /** The file descriptor, for use in another thread. It is valid until `close`. */
  get descriptor(): number {
    return this.handle.fd;
  }

  /**
   * Opens a file.
   * @throws the system's error, e.g. ENOENT if the file was removed
   */
  static async open({ path, name, isCopy = false }: StatementFile): Promise<OpenStatementFile> {
    // O_NONBLOCK is needed, because opening a named pipe would otherwise block for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return new OpenStatementFile(handle, await handle.stat({ bigint: true }), name, isCopy);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** Reads the file from the beginning, in chunks of 256 kB. */
  async *read(): AsyncGenerator<Uint8Array> {
    const chunk = 1 << 18;
    for (let position = 0; ;) {
      const buffer = Buffer.allocUnsafe(chunk);
      const { bytesRead } = await this.handle.read(buffer, 0, chunk, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  }

  /**
   * Checks the modification time.
   * @returns true if the file was modified after it was opened
   */
  async hasChanged(): Promise<boolean> {
    const now = await this.handle.stat({ bigint: true });
    return now.size !== this.initialStats.size || now.mtimeNs !== this.initialStats.mtimeNs;
  }

  async close(): Promise<void> {
    await this.handle.close();
  }
}

interface DirectoryEntry {
  name: string;
  path: Buffer;
}

type ListedFile = StatementFile & { changed: bigint };

/** Returns the entries of the directory that may be statement files. */
function listEntries(root: string, names: readonly Buffer[]): DirectoryEntry[] {
  const prefix = Buffer.from(join(root, sep));
  return names.flatMap((bytes) => {
    const name = toDisplayName(bytes);
    return name.startsWith('.') || isTemporaryName(name)
      ? []
      : [{ name, path: Buffer.concat([prefix, bytes]) }];
  });
}

/**
 * Reads the metadata of all entries, several at a time. It uses callbacks, because with promises a directory with 100 000 files would take
 * about three times as much processor time. Entries that no longer exist are skipped.
 * @throws PspError if the metadata of an entry cannot be read
 */
function readAllStats(
  entries: readonly DirectoryEntry[],
  onStats: (entry: DirectoryEntry, stats: BigIntStats) => void,
): Promise<void> {
  const { promise, resolve: finish, reject } = Promise.withResolvers<void>();
  let nextIndex = 0;
  let openCount = 0;
  const readNext = (): void => {
    const entry = entries[nextIndex++];
    if (!entry) {
      if (openCount === 0) finish();
      return;
    }
    openCount++;
    lstatWithCallback(entry.path, { bigint: true }, (error, stats) => {
      openCount--;
      if (!error) onStats(entry, stats);
      else if (error.code !== 'ENOENT') {
        nextIndex = entries.length;
        reject(directoryError(entry.path.toString(), error));
      }
      readNext();
    });
  };
  for (let n = 0; n < MAX_CONCURRENT_STATS; n++) readNext();
  return promise;
}

/** Returns the file to which a symbolic link leads. The result is `undefined` if the target is not a file. */
async function inspectLink(
  root: string,
  { name, path }: DirectoryEntry,
  isCopy: boolean,
): Promise<ListedFile | undefined> {
  try {
    const link = await lstat(path, { bigint: true });
    let target: Buffer;
    try {
      target = await realpath(path, { encoding: 'buffer' });
    } catch (error) {
      const code = getFileSystemErrorCode(error);
      if (code === 'ENOENT') return undefined;
      const forbiddenReason = `it is a symbolic link that leads nowhere (${code ?? String(error)}); put a copy there instead`;
      return { ...toStatementFile(name, path, link, isCopy), forbiddenReason };
    }
    const stats = await lstat(target, { bigint: true });
    if (!stats.isFile()) return undefined;
    const file = toStatementFile(name, target, stats, isCopy);
    const inside = target.indexOf((await realpath(root)) + sep) === 0;
    return inside
      ? file
      : {
          ...file,
          forbiddenReason: 'it is a symbolic link that leads out of the directory; put a copy there instead',
        };
  } catch (error) {
    if (getFileSystemErrorCode(error) === 'ENOENT') return undefined;
    throw directoryError(join(root, name), error);
  }
}

/**
 * Returns the name for messages and ids. Control characters, and bytes that are not UTF-8, are written as `\xNN`. Two files with such names
 * therefore stay distinguishable, and a name cannot break a line of the log.
 */
function toDisplayName(bytes: Buffer): string {
  if (isAscii(bytes)) {
    const name = bytes.toString('latin1');
    if (!CONTROL_CHARACTER_PATTERN.test(name)) return name;
  }
  const unprintable = isUtf8(bytes) ? /[\x00-\x1f\x7f]/g : /[\x00-\x1f\x7f-\xff]/g;
  return bytes
    .toString(isUtf8(bytes) ? 'utf8' : 'latin1')
    .replace(unprintable, (found) => `\\x${found.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

function toStatementFile(name: string, path: Buffer, stats: BigIntStats, isCopy: boolean): ListedFile {
  const size = Number(stats.size);
  const fingerprint = fingerprintOf(name, stats, isCopy);
  return { name, path, fingerprint, size, changed: stats.mtimeNs, ...(isCopy && { isCopy }) };
}

/**
 * Returns the fingerprint of a file. Several gateways have a copy each of a remote file. Its number in the file system (inode) differs, so it
 * does not count.
 */
function fingerprintOf(name: string, { size, mtimeNs, ino }: BigIntStats, isCopy: boolean): string {
  const version = isCopy ? `${size} ${mtimeNs / 1_000_000_000n}` : `${size} ${mtimeNs} ${ino}`;
  return hash('sha256', JSON.stringify([name, version]), 'base64url').slice(0, FINGERPRINT_LENGTH);
}

export function getFileSystemErrorCode(error: unknown): string | undefined {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function directoryError(path: string, cause: unknown): PspError {
  const code = getFileSystemErrorCode(cause);
  if (code === 'EACCES' || code === 'EPERM') {
    return new PspError('unauthorized', `${path} cannot be read: permission denied for this user`, { cause });
  }
  const reason =
    code === 'ENOENT'
      ? 'there is no such directory; create it, or correct settings.directory'
      : code === 'ENOTDIR'
        ? 'it is not a directory; correct settings.directory'
        : `the system says ${code ?? String(cause)}`;
  return new PspError('unavailable', `${path} cannot be listed: ${reason}`, { cause });
}
