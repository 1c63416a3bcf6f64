/** Builds, packs and installs the example package as a user does, and loads the package in the built program. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = process.cwd();
const PACKAGE = '@example/tributary-psp-petty-cash';
const KEY = 'key-of-the-petty-cash';

let directory: string;
let deployment: string;

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-package-'));
  deployment = join(directory, 'deployment');
  mkdirSync(deployment);
  writeFileSync(join(deployment, 'package.json'), '{ "private": true }');
  const tarball = pack();
  npm(deployment, 'install', '--offline', '--no-audit', '--no-fund', tarball);
  writeFileSync(
    join(deployment, 'cash.jsonl'),
    [
      '{"id":"1","at":"2026-03-04T09:30:00Z","amount":"100.00","note":"from the bank"}',
      '{"id":"2","at":"2026-03-04T09:30:00Z","amount":"-12.50","note":"stamps"}',
      '{"id":"3","at":"2026-03-04T11:00:00Z","amount":"-0.001","note":"too small"}',
    ].join('\n'),
  );
}, 120_000);

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Packs the package. During the build, only Tributary and the packages in the `devDependencies` of the package are available. */
function pack(): string {
  const source = join(directory, 'source');
  cpSync(join(ROOT, 'examples/plugin-package'), source, { recursive: true });
  const modules = join(source, 'node_modules');
  mkdirSync(modules);
  symlinkSync(ROOT, join(modules, 'tributary'));
  for (const name of ['.bin', '@nestjs', '@types', 'class-validator', 'reflect-metadata', 'typescript']) {
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
  npm(source, 'pack', '--pack-destination', directory);
  return join(directory, 'example-tributary-psp-petty-cash-1.0.0.tgz');
}

function npm(cwd: string, ...args: string[]): void {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' });
  expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
}

function tributary(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin/tributary.js'), ...args], {
    cwd: deployment,
    encoding: 'utf8',
  });
  return { status, out: stdout, err: stderr };
}

function write(name: string, connectors: string[]): string {
  const lines = ['listen: { port: 0 }', 'store: sqlite:./store.db', 'connectors:', ...connectors];
  writeFileSync(join(deployment, name), lines.join('\n'));
  return name;
}

function connector(name: string, plugin: string, settings = '{}'): string {
  return `  - { name: ${name}, plugin: '${plugin}', apiKeys: [${KEY}], settings: ${settings} }`;
}

function installFake(name: string, manifest: object, files: Record<string, string>): void {
  const target = join(deployment, 'node_modules', name);
  mkdirSync(target, { recursive: true });
  writeFileSync(join(target, 'package.json'), JSON.stringify({ name, version: '1.2.3', ...manifest }));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(target, file), text);
}

it('is checked, pulled and served; its refusals and errors are known for what they are', async () => {
  const file = write('gateway.yaml', [
    connector('cash', PACKAGE, '{ file: ./cash.jsonl }'),
    connector('lost', PACKAGE, '{ file: ./nowhere.jsonl }'),
  ]);
  const check = tributary('check', '--config', file);
  expect(check.err + check.out).toContain('/cash  petty-cash');

  const sync = tributary('sync', '--once', '--config', file, '--log-level', 'error');
  expect(sync.status).toBe(3);
  expect(sync.out).toContain('FAILED: ./nowhere.jsonl cannot be read');
  expect(sync.out).not.toContain('unexpectedly');

  const quarantine = tributary('quarantine', 'cash', '--config', file);
  expect(quarantine.out).toContain('more than the 2 decimal places of EUR/2');

  const rows = await served(file, '/cash/transactions');
  expect(rows.map(({ id, amount, currency, type }) => [id, amount, currency, type])).toEqual([
    ['1', '10000', 'EUR/2', 'PAYIN'],
    ['2', '1250', 'EUR/2', 'PAYOUT'],
  ]);
});

interface Row {
  id: string;
  amount: string;
  currency: string;
  type: string;
}

async function served(file: string, path: string): Promise<Row[]> {
  const program = spawn(process.execPath, [join(ROOT, 'bin/tributary.js'), 'serve', '--config', file], {
    cwd: deployment,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise((resolve) => program.on('exit', resolve));
  try {
    let said = '';
    for await (const text of program.stderr) {
      said += String(text);
      const url = /(http:\S+)\/cash/.exec(said)?.[1];
      if (url === undefined) continue;
      const response = await fetch(url + path, { headers: { authorization: `Bearer ${KEY}` } });
      return (await response.json()) as Row[];
    }
    throw new Error(`it ended: ${said}`);
  } finally {
    program.kill('SIGTERM');
    await ended;
  }
}

it('its settings are checked like those of any plugin, and are in the schema that one asks for', () => {
  const file = write('wrong-settings.yaml', [connector('cash', PACKAGE, '{ fil: x, currency: euro }')]);
  const { status, err } = tributary('check', '--config', file);
  expect(status).toBe(1);
  expect(err).toContain('settings.fil: there is no such setting. Did you mean "file"?');
  expect(err).toContain('expected a currency, e.g. EUR');

  const schema = JSON.parse(tributary('schema', PACKAGE).out) as { definitions: { connector: object } };
  expect(JSON.stringify(schema.definitions.connector)).toContain('File with one movement a line');
});

it('says exactly what is wrong with a package, of all packages at once', () => {
  const psp = 'class P { async *accounts() {} async *transactions() {} }';
  const good = `${psp}; export const plugin = { name: 'p', title: 'P', settings: class {}, psp: P };`;
  const tributaryKey = { type: 'module', tributary: { interface: '2.0' } };
  installFake('@acme/unsaid', { type: 'module' }, { 'index.js': good });
  installFake('@acme/major', { ...tributaryKey, tributary: { interface: '3.0' } }, { 'index.js': good });
  installFake('@acme/minor', { ...tributaryKey, tributary: { interface: '2.99' } }, { 'index.js': good });
  installFake('@acme/old', { ...tributaryKey, tributary: { interface: '1.0' } }, { 'index.js': good });
  installFake('@acme/empty', tributaryKey, { 'index.js': 'export const answer = 42;' });
  installFake('@acme/half', tributaryKey, { 'index.js': "export default { name: 'h', title: 'H' };" });
  installFake('@acme/broken', tributaryKey, { 'index.js': "throw new Error('no luck today');" });
  installFake('@acme/lacking', tributaryKey, { 'index.js': "import 'a-package-that-is-not-there';" });
  installFake(
    '@acme/import-only',
    { ...tributaryKey, exports: { import: './index.js' } },
    { 'index.js': good },
  );
  installFake(
    'tributary-psp-common',
    { tributary: { interface: '2.0' } },
    { 'index.js': `${psp}; module.exports = { name: 'p', title: 'P', settings: class {}, psp: P };` },
  );
  const names = [
    'unsaid',
    'major',
    'minor',
    'old',
    'empty',
    'half',
    'broken',
    'lacking',
    'missing',
    'import-only',
  ];
  const file = write('packages.yaml', [
    ...names.map((name) => connector(name, `@acme/${name}`)),
    connector('common', 'tributary-psp-common'),
  ]);
  const { status, err } = tributary('check', '--config', file);
  expect(status).toBe(1);
  const complaints = new Map(
    [...err.matchAll(/plugin: found "@acme\/([a-z-]+)"; (.*)/g)].map(([, name, text]) => [name, text]),
  );
  expect([...complaints.keys()]).toEqual(names.slice(0, -1));
  expect(complaints.get('unsaid')).toMatch(
    /package\.json does not say .*"tributary": \{ "interface": "2\.0" \}/,
  );
  expect(complaints.get('major')).toMatch(
    /version 1\.2\.3 .* interface 3\.0, and this gateway has 2\.0\. Update the gateway/,
  );
  expect(complaints.get('minor')).toMatch(/interface 2\.99, .* Update the gateway/);
  expect(complaints.get('old')).toMatch(/interface 1\.0, .* Install a newer version of the package/);
  expect(complaints.get('empty')).toMatch(/exports no plugin; .*: it exports answer/);
  expect(complaints.get('half')).toMatch(/lacks settings \(a class\), psp \(a class/);
  expect(complaints.get('broken')).toMatch(/cannot be loaded: no luck today/);
  expect(complaints.get('lacking')).toMatch(/cannot be loaded: .*a-package-that-is-not-there/);
  expect(complaints.get('missing')).toBe(
    `no package of this name is installed beside the deployment file or the gateway. Correct the name, or run "npm install @acme/missing" in ${deployment}`,
  );
  expect(err).toContain('9 problems');
});

it('runs the inherited suite with the test runner of Node', () => {
  const source = join(directory, 'source');
  writeFileSync(join(source, 'suite.test.mjs'), SUITE_TEST);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--test', 'suite.test.mjs'], {
    cwd: source,
    encoding: 'utf8',
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  // The example plugin uses no HTTP and no secrets and has no further movements, so these checks are skipped.
  expect(stdout + stderr).toContain('money: exact with 2 decimal places (EUR)');
  expect(stdout + stderr).toMatch(/pass [1-9]/);
  expect([status, stdout.includes('fail 0')]).toEqual([0, true]);
});

/** A test as an author of the package would write it. It runs the checks that apply to a plugin for files. */
const SUITE_TEST = `
import 'reflect-metadata';
import { appendFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CHECKS, describePsp } from 'tributary/connector-api/testing';
import plugin from './dist/index.js';

const reason = 'The petty cash box is a file with one movement a line.';
const fitting = [
  'listings: a PSP where nothing happened yet',
  'listings: end when they have caught up, and say nothing twice as new',
  'money: exact with 2 decimal places (EUR)',
  'secrets: a plugin prints nothing',
];
const directory = mkdtempSync(join(tmpdir(), 'box-'));
writeFileSync(join(directory, 'README.md'), reason);

describePsp(plugin, {
  directory,
  settings: {},
  createFixture: () => {
    const file = join(mkdtempSync(join(directory, 'box-')), 'box.jsonl');
    writeFileSync(file, '');
    let count = 0;
    return {
      settings: { file },
      maxPageSize: 1000,
      addTransaction: ({ at, amount, direction }) => {
        const id = String(++count);
        const signed = direction === 'out' ? '-' + amount : amount;
        const line = { id, at: new Date(at).toISOString(), amount: signed, note: 'a test' };
        appendFileSync(file, JSON.stringify(line) + '\\n');
        return id;
      },
      close: () => undefined,
    };
  },
  skip: Object.fromEntries(
    CHECKS.filter(({ name, appliesTo }) => (appliesTo?.(plugin) ?? true) && !fitting.includes(name)).map(
      ({ name }) => [name, reason],
    ),
  ),
});
`;
