/**
 * Tests a store behind a proxy that accepts the same connection settings as PgBouncer. If PgBouncer is installed, the tests also run behind
 * PgBouncer itself.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openStore, StoreOpenError } from '../../index.js';
import { POSTGRES_STORE, type FreshStore } from '../../testing/stores.js';

/** The connection settings that PgBouncer accepts. Source: PgBouncer's documentation, `ignore_startup_parameters`. */
const KNOWN_SETTINGS = [
  ...['user', 'database', 'application_name', 'client_encoding'],
  ...['datestyle', 'timezone', 'standard_conforming_strings'],
];

/**
 * Returns the names of the settings in the message that opens a connection. The message contains its length, the protocol version, and then
 * names and values that end with a zero byte.
 */
function parseSettingNames(message: Buffer): string[] {
  const parts = message.subarray(8).toString().split('\0');
  return parts.filter((part, index) => index % 2 === 0 && part !== '');
}

function buildError(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0C08P01\0M${message}\0\0`);
  const header = Buffer.alloc(5);
  header.write('E');
  header.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([header, fields]);
}

/** Starts a proxy that rejects the same settings as PgBouncer. */
async function startStandIn(socketPath: string): Promise<Server> {
  const server = createServer((client: Socket) => {
    client.on('error', () => undefined);
    client.once('data', (message) => {
      const unknown = parseSettingNames(message).find((name) => !KNOWN_SETTINGS.includes(name.toLowerCase()));
      if (unknown !== undefined) return client.end(buildError(`unsupported startup parameter: ${unknown}`));
      const database = connect(socketPath);
      database.on('error', () => client.destroy());
      database.write(message);
      return client.pipe(database).pipe(client);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

let fresh: FreshStore;
let socketDirectory: string;
let database: string;

beforeEach(async () => {
  fresh = await POSTGRES_STORE.create();
  [, database = '', socketDirectory = ''] = /@\/([^?]+)\?host=(.*)$/.exec(fresh.url) ?? [];
});

afterEach(async () => {
  await fresh.remove();
});

describe('a store behind a pooler', () => {
  let standIn: Server;
  let url: string;

  beforeEach(async () => {
    standIn = await startStandIn(join(socketDirectory, '.s.PGSQL.5432'));
    url = `postgres://tributary@127.0.0.1:${(standIn.address() as AddressInfo).port}/${database}`;
  });

  afterEach(() => {
    standIn.close();
  });

  it('that knows none of our settings is opened', async () => {
    const store = await openStore(url);
    await store.checkWritable();
    await store.close();
  });

  it('that does not know a setting of the URL is not waited for, and the error says what to do', async () => {
    const error: unknown = await openStore(`${url}?options=-c%20geqo%3Doff`).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(StoreOpenError);
    expect(error).toMatchObject({
      isTransient: false,
      reason: expect.stringContaining('ignore_startup_parameters'),
    });
  });
});

function findPgBouncer(): string | undefined {
  try {
    return execFileSync('sh', ['-c', 'PATH=$PATH:/usr/sbin command -v pgbouncer'], {
      encoding: 'utf8',
    }).trim();
  } catch {
    return undefined;
  }
}

const pgBouncer = findPgBouncer();
if (pgBouncer === undefined)
  process.stdout.write('skipped: the tests with PgBouncer itself, because it is not installed\n');

(pgBouncer === undefined ? describe.skip : describe)('a store behind PgBouncer itself', () => {
  let directory: string;
  let pooler: ChildProcess;

  /**
   * Starts PgBouncer without `ignore_startup_parameters`.
   * @returns the URL of the store behind PgBouncer
   */
  async function startPgBouncer(poolMode: string): Promise<string> {
    directory = mkdtempSync(join(tmpdir(), 'tributary-pgbouncer-'));
    chmodSync(directory, 0o777);
    writeFileSync(join(directory, 'users'), '"tributary" ""\n');
    writeFileSync(
      join(directory, 'pgbouncer.ini'),
      `[databases]
${database} = host=${socketDirectory} user=tributary
[pgbouncer]
listen_addr =
unix_socket_dir = ${directory}
listen_port = 6432
auth_type = any
pool_mode = ${poolMode}
default_pool_size = 20
`,
    );
    const isRoot = process.getuid?.() === 0;
    const flags = [...(isRoot ? ['-u', 'nobody'] : []), join(directory, 'pgbouncer.ini')];
    pooler = spawn(pgBouncer ?? '', flags, { stdio: 'ignore' });
    await sleep(500);
    return `postgres://tributary@/${database}?host=${directory}&port=6432`;
  }

  afterEach(async () => {
    const ended = once(pooler, 'exit');
    pooler.kill('SIGKILL');
    await ended;
    rmSync(directory, { recursive: true });
  });

  it('in session mode is opened and written', async () => {
    const store = await openStore(await startPgBouncer('session'));
    await store.checkWritable();
    await store.close();
  });

  it('in transaction mode is opened, or the error says which mode is needed', async () => {
    const result = await openStore(await startPgBouncer('transaction')).then(
      async (store) => {
        await store.close();
        return 'opened';
      },
      (error: StoreOpenError) => error.reason,
    );
    process.stdout.write(`PgBouncer in transaction mode: ${result}\n`);
    expect(result).toMatch(/^opened$|set its pool_mode to session, or use PgBouncer 1\.21/);
  });
});
