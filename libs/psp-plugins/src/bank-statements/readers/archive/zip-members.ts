/** Reads the files of a ZIP archive. Source: PKWARE APPNOTE 6.3.10, sections 4.3 and 4.4. */
import { crc32, inflateRawSync } from 'node:zlib';
import { StatementError } from '../../statements/statement.types.js';
import { throwTooLargeError, inflate } from './inflate.js';

export interface ArchiveMember {
  /** The name for messages. Absent in a gzip file, which contains only one file. */
  name?: string;
  content: Buffer;
}

const END_SIGNATURE = 0x06054b50;
const DIRECTORY_SIGNATURE = 0x02014b50;
const LOCAL_SIGNATURE = 0x04034b50;
const END_LENGTH = 22;
const MAX_COMMENT_LENGTH = 65_535;
/** A size or an offset with this value means that the real value is in a ZIP64 field. */
const ZIP64_MARK = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

/**
 * Yields the files in the order of the archive. Directories and the hidden files of macOS are skipped.
 * @throws StatementError if the archive is broken or encrypted, or if its files have more than `maxBytes` in total
 */
export function* readZipMembers(archive: Buffer, maxBytes: number): Generator<ArchiveMember> {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  let remainingBytes = maxBytes;
  for (let n = 0; n < count; n++) {
    if (at + 46 > end || archive.readUInt32LE(at) !== DIRECTORY_SIGNATURE) failBroken();
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const next = at + 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
    if (!isIgnored(name)) {
      const content = readMember(archive, at, name, remainingBytes);
      remainingBytes -= content.length;
      yield { name, content };
    }
    at = next;
  }
}

function isIgnored(name: string): boolean {
  return name.endsWith('/') || name.startsWith('__MACOSX/') || /(?:^|\/)\.[^/]*$/.test(name);
}

function readMember(archive: Buffer, at: number, name: string, maxBytes: number): Buffer {
  const method = archive.readUInt16LE(at + 10);
  const size = archive.readUInt32LE(at + 20);
  const offset = archive.readUInt32LE(at + 42);
  if ((archive.readUInt16LE(at + 8) & 1) === 1)
    throw new StatementError(`${name} in the archive is encrypted; expected an archive without a password`);
  if (size === ZIP64_MARK || offset === ZIP64_MARK)
    throw new StatementError(
      'the archive has the form ZIP64; unpack it and put the files into the directory',
    );
  if (offset + 30 > archive.length || archive.readUInt32LE(offset) !== LOCAL_SIGNATURE) failBroken();
  const from = offset + 30 + archive.readUInt16LE(offset + 26) + archive.readUInt16LE(offset + 28);
  if (from + size > archive.length) failBroken();
  const packed = archive.subarray(from, from + size);
  if (method !== STORED && method !== DEFLATED)
    throw new StatementError(`${name} in the archive has the compression method ${method}; expected 0 or 8`);
  if (method === STORED && size > maxBytes) throwTooLargeError();
  const content =
    method === STORED
      ? packed
      : inflate(() => inflateRawSync(packed, { maxOutputLength: Math.max(1, maxBytes) }));
  if (crc32(content) !== archive.readUInt32LE(at + 16)) failBroken();
  return content;
}

function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_LENGTH - MAX_COMMENT_LENGTH);
  for (let at = archive.length - END_LENGTH; at >= first; at--)
    if (archive.readUInt32LE(at) === END_SIGNATURE) return at;
  throw new StatementError('the archive is incomplete: it has no directory at its end');
}

function failBroken(): never {
  throw new StatementError('the archive is broken or incomplete');
}
