/** Tests bank files on an SFTP server and in a bucket, with real servers on 127.0.0.1. */
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from '@20minutes/s3rver';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { PspError } from '@tributary/connector-api';
import { AwsClient } from 'aws4fetch';
import { BankStatementsSettings } from '../bank-statements.config.js';
import { BankStatementsPsp } from '../bank-statements.plugin.js';
import { FakeFeed, createCamtXml } from '../bank-statements.fake.js';
import { RemoteCopies } from './remote-copies.js';
import type { RemoteFile, RemoteSource } from './remote-source.types.js';
import { S3Settings, SftpSettings } from './remote-source.settings.js';
import { SftpServer } from '../testing/sftp-server.js';

const MARCH_4 = Date.UTC(2026, 2, 4, 20);
const statement = (number: number): string =>
  createCamtXml({
    number: String(number),
    opening: String(number - 1),
    closing: String(number),
    entries: [{ amount: '1' }],
  });

const directories: string[] = [];
function createDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-remote-'));
  directories.push(directory);
  return directory;
}
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Pulls all streams of a connector with these settings. */
async function pull(settings: Partial<BankStatementsSettings>, feed = new FakeFeed()): Promise<FakeFeed> {
  const plugin = new BankStatementsPsp(Object.assign(new BankStatementsSettings(), settings), feed);
  for (const stream of ['accounts', 'beneficiaries', 'transactions'] as const)
    await feed.pullStream(plugin, stream);
  return feed;
}

describe('an SFTP server', () => {
  let server: SftpServer;
  let settings: SftpSettings;
  beforeAll(async () => {
    server = await SftpServer.start();
    settings = Object.assign(new SftpSettings(), {
      host: '127.0.0.1',
      port: server.port,
      user: 'acme',
      password: 'the-password',
      hostKeys: [server.hostKey],
      directory: '/outbox',
      files: '*.xml',
    });
  });
  afterEach(() => server.files.clear());
  afterAll(() => server.stop());

  it('gives its files, and every file once', async () => {
    server.files.set('1.xml', { content: statement(1), modifiedAt: MARCH_4 });
    server.files.set('2.xml', { content: statement(2), modifiedAt: MARCH_4 + 1000 });
    server.files.set('notes.txt', { content: 'no statement', modifiedAt: MARCH_4 });
    server.files.set('3.xml.filepart', { content: '<', modifiedAt: MARCH_4 });
    const directory = createDirectory();
    const feed = await pull({ directory, sftp: settings });
    expect(feed.summary).toEqual(['+1.00 EUR SUCCEEDED', '+1.00 EUR SUCCEEDED']);
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(server.reads).toEqual(['2.xml', '1.xml']);
    expect(readdirSync(directory).sort()).toEqual(['1.xml', '2.xml']);
    // Another gateway has a directory of its own. Its copies count as the same files.
    const cursor = feed.cursors.get('transactions');
    await pull({ directory: createDirectory(), sftp: settings }, feed);
    expect(feed.cursors.get('transactions')).toBe(cursor);
    expect([...server.files.keys()]).toHaveLength(4);
  });

  it('accepts a private key instead of a password', async () => {
    server.files.set('1.xml', { content: statement(1), modifiedAt: MARCH_4 });
    const sftp = Object.assign(new SftpSettings(), settings, { privateKey: server.userKey });
    delete sftp.password;
    expect((await pull({ directory: createDirectory(), sftp })).transactions).toHaveLength(1);
  });

  it.each<[string, Partial<SftpSettings>, string, string]>([
    ['host key', { hostKeys: [`SHA256:${'A'.repeat(43)}`] }, 'unauthorized', 'which is not in `hostKeys`'],
    [
      'password',
      { password: 'another-password' },
      'unauthorized',
      'the server refuses the user, the password or the key',
    ],
    ['private key', { password: undefined, privateKey: 'no key' }, 'unavailable', 'Cannot parse privateKey'],
    ['directory', { directory: '/absent' }, 'unavailable', 'cannot list /absent'],
    ['port', { port: 1 }, 'unavailable', 'ECONNREFUSED'],
  ])('with another %s is an error without secrets', async (_what, other, kind, reason) => {
    const sftp = Object.assign(new SftpSettings(), settings, other);
    const error: unknown = await pull({ directory: createDirectory(), sftp }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PspError);
    expect(error).toMatchObject({ kind, message: expect.stringContaining(reason) });
    expect(String(error)).not.toContain('password-');
    expect(String(error)).not.toContain('the-password');
  });
});

describe('a bucket', () => {
  let server: { close(): Promise<void> };
  let settings: S3Settings;
  const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
  const signer = new AwsClient({ ...keys, service: 's3', region: 'us-east-1' });
  const put = async (key: string, body: string): Promise<void> => {
    const request = await signer.sign(`${settings.endpoint}/${settings.bucket}/${key}`, {
      method: 'PUT',
      body,
    });
    expect((await fetch(request)).status).toBe(200);
  };
  beforeAll(async () => {
    const s3rver = new S3rver({
      ...{ address: '127.0.0.1', port: 0, silent: true, directory: createDirectory() },
      configureBuckets: [{ name: 'acme-statements' }],
    });
    const { port } = await s3rver.run();
    server = s3rver;
    const endpoint = `http://127.0.0.1:${port}`;
    settings = Object.assign(new S3Settings(), {
      ...keys,
      endpoint,
      bucket: 'acme-statements',
      prefix: 'out/',
    });
  });
  afterAll(() => server.close());

  it('gives the files below its prefix, and a changed file again', async () => {
    await put('out/1.xml', statement(1));
    await put('out/a%20%2B%20%C3%A9.xml', statement(2));
    await put('out/archive/3.xml', statement(3));
    await put('4.xml', statement(4));
    const directory = createDirectory();
    const feed = await pull({ directory, s3: settings });
    expect([...feed.rejected, ...feed.warnings]).toEqual([]);
    expect(feed.transactions).toHaveLength(2);
    expect(readdirSync(directory).sort()).toEqual(['1.xml', 'a + é.xml']);
    await put('out/1.xml', `${statement(1)}\n`);
    await pull({ directory, s3: settings }, feed);
    expect(statSync(join(directory, '1.xml')).size).toBe(statement(1).length + 1);
    expect(feed.transactions).toHaveLength(2);
  });

  it.each<[string, Partial<S3Settings>, string, string]>([
    [
      'secret',
      { secretAccessKey: 'another-secret' },
      'unauthorized',
      'cannot list: HTTP 403 (SignatureDoesNotMatch)',
    ],
    [
      'bucket',
      { bucket: 'absent' },
      'unavailable',
      'cannot list: HTTP 404 (NoSuchBucket); correct `endpoint` or `bucket`',
    ],
    ['port', { endpoint: 'http://127.0.0.1:1' }, 'unavailable', 'cannot list'],
  ])('with another %s is an error without secrets', async (_what, other, kind, reason) => {
    const s3 = Object.assign(new S3Settings(), settings, other);
    const error: unknown = await pull({ directory: createDirectory(), s3 }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ kind, message: expect.stringContaining(reason) });
    expect(String(error)).not.toContain('another-secret');
  });
});

describe('copies of remote files', () => {
  /** A source whose files a test sets. */
  class FakeSource implements RemoteSource {
    files: (RemoteFile & { content?: string })[] = [];
    reads: string[] = [];
    readonly unreadable = new Set<string>();

    constructor(readonly hasOnlyCompleteFiles: boolean) {}

    async connect(): ReturnType<RemoteSource['connect']> {
      return {
        listFiles: async () => this.files,
        readFile: (file) => this.read(file),
        close: async () => {},
      };
    }

    private async *read({ name, size }: RemoteFile): AsyncGenerator<Uint8Array> {
      this.reads.push(name);
      if (this.unreadable.has(name)) throw new PspError('unavailable', `cannot read ${name}`);
      const content = this.files.find((file) => file.name === name)?.content;
      yield Buffer.from(content ?? 'x'.repeat(size));
    }
  }

  it('are made of a young file when its size has not changed since the last look', async () => {
    const source = new FakeSource(false);
    const directory = createDirectory();
    let now = MARCH_4;
    const copies = new RemoteCopies(source, { directory, files: '*', now: () => now });
    const look = async (size: number, modifiedAt: number): Promise<string[]> => {
      source.files = [{ name: 'a.xml', size, modifiedAt }];
      now += 10_000;
      await copies.update();
      return readdirSync(directory);
    };
    expect(await look(5, MARCH_4)).toEqual([]);
    expect(await look(7, MARCH_4 + 9_000)).toEqual([]);
    expect(await look(7, MARCH_4 + 9_000)).toEqual(['a.xml']);
    expect(await look(7, MARCH_4 + 9_000)).toEqual(['a.xml']);
    expect(source.reads).toEqual(['a.xml']);
  });

  it('are not made of a file that has another size than its listing', async () => {
    const source = new FakeSource(true);
    const directory = createDirectory();
    source.files = [{ name: 'a.xml', size: 9, modifiedAt: MARCH_4, content: 'half' }];
    await new RemoteCopies(source, { directory, files: '*' }).update();
    expect(readdirSync(directory)).toEqual([]);
  });

  it('are not made of names that leave the directory, and abandoned parts are removed', async () => {
    const source = new FakeSource(true);
    const directory = createDirectory();
    const abandoned = join(directory, '.tributary-old.part');
    writeFileSync(abandoned, 'x');
    utimesSync(abandoned, 1, 1);
    source.files = ['../a.xml', '..', 'b/c.xml', '.d.xml', `${'e'.repeat(300)}.xml`, 'f.tmp'].map((name) => ({
      name,
      size: 1,
      modifiedAt: MARCH_4,
    }));
    await new RemoteCopies(source, { directory, files: '*' }).update();
    expect(readdirSync(directory)).toEqual([]);
    expect(existsSync(join(directory, '../a.xml'))).toBe(false);
    expect(source.reads).toEqual([]);
  });

  it('are made of the other files if one cannot be read, and the file is reported', async () => {
    const source = new FakeSource(true);
    const directory = createDirectory();
    const file = (name: string, n: number): RemoteFile => ({ name, size: 1, modifiedAt: MARCH_4 + n * 1000 });
    source.files = [file('a.xml', 1), file('b.xml', 2)];
    source.unreadable.add('b.xml');
    let now = MARCH_4;
    const copies = new RemoteCopies(source, { directory, files: '*', now: () => (now += 10_000) });
    await copies.update();
    expect(readdirSync(directory)).toEqual(['a.xml']);
    expect(copies.takeReport()).toEqual({
      warnings: [{ id: 'remote:b.xml', message: 'cannot read b.xml' }],
      resolvedIds: ['remote:a.xml'],
    });
    await copies.update();
    expect(copies.takeReport()).toEqual({ warnings: [], resolvedIds: [] });
    source.unreadable.clear();
    await copies.update();
    expect(copies.takeReport()).toEqual({ warnings: [], resolvedIds: ['remote:b.xml'] });
  });

  it('fail if several files in succession cannot be read', async () => {
    const source = new FakeSource(true);
    source.files = ['a', 'b', 'c', 'd'].map((name) => ({ name, size: 1, modifiedAt: MARCH_4 }));
    for (const { name } of source.files) source.unreadable.add(name);
    const copies = new RemoteCopies(source, { directory: createDirectory(), files: '*' });
    await expect(copies.update()).rejects.toThrow('cannot read b');
    expect(source.reads).toEqual(['d', 'c', 'b']);
  });

  it('are looked for once for streams that are pulled at the same time', async () => {
    const source = new FakeSource(true);
    source.files = [{ name: 'a.xml', size: 1, modifiedAt: MARCH_4 }];
    const copies = new RemoteCopies(source, { directory: createDirectory(), files: '*' });
    await Promise.all([copies.update(), copies.update(), copies.update()]);
    expect(source.reads).toEqual(['a.xml']);
  });
});
