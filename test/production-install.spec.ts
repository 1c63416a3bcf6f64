/**
 * Packs Tributary and installs the package without development dependencies, as an operator does. The test measures the size of the
 * installation, checks its packages and install scripts, and serves the API documentation from it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/**
 * The maximum size in bytes of all packages, without the package that contains the Node binary. Measured: 30 MB, of which 28 MB are
 * better-sqlite3 with its binaries for eight platforms. Most other packages are in the bundle (ADR 0019).
 */
const MAX_PACKAGES_BYTES = 60_000_000;
/** The packages that are needed only for the build, so the installation must not contain them. */
const BUILD_PACKAGES = ['typescript', 'swagger-ui-dist', '@nestjs/swagger', '@nestjs/cli', '@scarf/scarf'];

interface LockedPackage {
  hasInstallScript?: boolean;
}

let directory: string;
let installation: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-production-'));
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', directory], process.cwd());
  run('tar', ['xzf', readdirSync(directory).find((name) => name.endsWith('.tgz'))!], directory);
  installation = join(directory, 'package');
  copyFileSync('package-lock.json', join(installation, 'package-lock.json'));
  run('npm', ['ci', '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'], installation);
}, 300_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

function run(command: string, args: string[], cwd: string): void {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

function measureBytes(path: string): number {
  const status = lstatSync(path);
  if (!status.isDirectory()) return status.size;
  return readdirSync(path).reduce((sum, name) => sum + measureBytes(join(path, name)), 0);
}

it('has nothing that only the build needs, and no install script but the one that brings Node', () => {
  const modules = join(installation, 'node_modules');
  expect(BUILD_PACKAGES.filter((name) => existsSync(join(modules, name)))).toEqual([]);
  const lock = readFileSync(join(modules, '.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Record<string, LockedPackage> };
  const withScript = Object.keys(packages).filter((path) => packages[path]?.hasInstallScript === true);
  expect(withScript).toEqual(['node_modules/node']);
});

it('is small without the Node binary', () => {
  const modules = join(installation, 'node_modules');
  const bytes = measureBytes(modules) - measureBytes(join(modules, 'node'));
  console.log(`packages without node: ${(bytes / 1e6).toFixed(1)} MB`);
  expect(bytes).toBeLessThan(MAX_PACKAGES_BYTES);
});

it('serves the API documentation of a connector', async () => {
  writeFileSync(
    join(installation, 'gateway.yaml'),
    `listen: { port: 0 }
store: sqlite:./store.db
connectors:
  - { name: sand, plugin: sandbox, apiKeys: [key-of-the-installation], settings: { transactions: 1, activityPerMinute: 0 } }
`,
  );
  const program = spawn('node_modules/.bin/node', ['bin/tributary.js', 'serve', '--config', 'gateway.yaml'], {
    cwd: installation,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(program, 'exit');
  try {
    const url = await readUrl(program.stdout);
    const document = (await (await fetch(`${url}/sand/docs/openapi.json`)).json()) as { paths: object };
    expect(Object.keys(document.paths)).toContain('/accounts/{accountId}/balances');
    for (const file of ['swagger-ui-bundle.js', 'swagger-ui.css', 'favicon-32x32.png']) {
      const response = await fetch(`${url}/sand/docs/${file}`);
      expect([file, response.status, (await response.arrayBuffer()).byteLength > 100]).toEqual([
        file,
        200,
        true,
      ]);
    }
  } finally {
    program.kill('SIGTERM');
    await exited;
  }
}, 120_000);

/** Reads the log until it contains the address at which the gateway listens. */
function readUrl(log: Readable): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    log.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const url = /"url":"([^"]+)"/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
    log.on('end', () => reject(new Error(`the gateway ended before it listened:\n${text}`)));
  });
}
