/** Tests bank statements in gzip files and ZIP archives. */
import { crc32, deflateRawSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { FakeBank, createCamtXml } from '../../bank-statements.fake.js';

const STATEMENTS = [1, 2].map((number) =>
  createCamtXml({
    number: String(number),
    opening: String(number - 1),
    closing: String(number),
    entries: [{ amount: '1' }],
  }),
);

/** Builds a ZIP archive in the usual layout: the files, the directory, the end record. */
function createZip(files: Record<string, string | Buffer>, { isStored = false, flags = 0 } = {}): Buffer {
  const bodies: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const bytes = Buffer.from(content);
    const packed = isStored ? bytes : deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags, 2);
    common.writeUInt16LE(isStored ? 0 : 8, 4);
    common.writeUInt32LE(crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), packed]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, Buffer.from(name)]),
    );
    bodies.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...bodies, ...directory, end]);
}

async function pull(name: string, content: Buffer): Promise<FakeBank> {
  const bank = new FakeBank();
  bank.writeFile(name, content);
  await bank.sync();
  return bank;
}
const findRejections = async (content: Buffer): Promise<string[]> => [
  ...(await pull('1.zip', content)).feed.rejected.values(),
];
const [FIRST = '', SECOND = ''] = STATEMENTS;

describe('an archive', () => {
  it.each([
    ['1.xml.gz', gzipSync(FIRST), 1],
    ['without-ending', gzipSync(FIRST), 1],
    ['1.zip', createZip({ '1.xml': FIRST, 'folder/': '', '__MACOSX/._1.xml': 'x', '2.xml': SECOND }), 2],
    ['1.zip', createZip({ '1.xml': FIRST, '2.xml': SECOND }, { isStored: true }), 2],
  ])('%s is read like its content', async (name, content, count) => {
    const { feed } = await pull(name, content);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(feed.summary).toEqual(Array(count).fill('+1.00 EUR SUCCEEDED'));
  });

  it('is recognised when the file comes again without it', async () => {
    const bank = await pull('1.zip', createZip({ '1.xml': FIRST }));
    bank.writeFile('1.xml', FIRST);
    await bank.sync();
    expect(bank.feed.transactions).toHaveLength(1);
  });

  const zip = createZip({ '1.xml': FIRST });
  const damaged = Buffer.from(zip);
  damaged.writeUInt8((damaged[60] ?? 0) ^ 0xff, 60);
  it.each([
    ['cut', zip.subarray(0, -30), 'the archive is incomplete'],
    ['damaged', damaged, 'the archive is broken or incomplete'],
    ['encrypted', createZip({ '1.xml': FIRST }, { flags: 1 }), '1.xml in the archive is encrypted'],
    [
      'in an archive',
      createZip({ '1.zip': zip }),
      '1.zip in the archive: the file begins with what looks like a ZIP archive',
    ],
    [
      'with another file',
      createZip({ 'a.pdf': '%PDF-1.7' }),
      'a.pdf in the archive: the file begins with what looks like a PDF',
    ],
    [
      'of a cut file',
      createZip({ '1.xml': FIRST.slice(0, -20) }),
      '1.xml in the archive: line 1: broken XML',
    ],
    ['that unpacks to too much', gzipSync(Buffer.alloc(65 << 20, ' ')), 'more than 64 MB unpacked'],
  ])('%s is refused as a whole', async (_name, content, reason) => {
    expect(await findRejections(content)).toEqual([expect.stringContaining(reason)]);
  });
});
