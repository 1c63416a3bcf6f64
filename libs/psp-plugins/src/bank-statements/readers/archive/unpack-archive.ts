/** Unpacks gzip files and ZIP archives in memory, up to a limit. */
import { gunzipSync } from 'node:zlib';
import { MAX_UNPACKED_BYTES, inflate } from './inflate.js';
import { readZipMembers } from './zip-members.js';
import type { ArchiveMember } from './zip-members.js';

export type ArchiveKind = 'gzip' | 'zip';

/**
 * Detects the kind of an archive from its first bytes.
 * @returns `undefined` if the bytes are not the beginning of an archive
 */
export function detectArchive(head: Uint8Array): ArchiveKind | undefined {
  const [a, b, c, d] = head;
  if (a === 0x1f && b === 0x8b) return 'gzip';
  return a === 0x50 && b === 0x4b && c === 3 && d === 4 ? 'zip' : undefined;
}

/**
 * Returns true if the file name has the form of an archive's name. The content of an archive may be much larger than the archive itself, so
 * its size must not be trusted.
 */
export function isArchiveName(name: string): boolean {
  return /\.(?:gz|zip)$/i.test(name);
}

/**
 * Unpacks an archive.
 * @throws StatementError if the archive is broken, encrypted or too large
 */
export function* unpackArchive(kind: ArchiveKind, archive: Buffer): Generator<ArchiveMember> {
  if (kind === 'zip') yield* readZipMembers(archive, MAX_UNPACKED_BYTES);
  else yield { content: inflate(() => gunzipSync(archive, { maxOutputLength: MAX_UNPACKED_BYTES })) };
}
