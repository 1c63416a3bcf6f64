/**
 * Generates two plugins in a copy of this repository. `acme-pay` stays as generated: it passes lint, it builds, the gateway serves it
 * immediately, and its test lists the data that is still sample data. `lemon` is changed as docs/guides/add-a-psp.md describes.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { followTutorial } from './follow-tutorial.js';

const ROOT = process.cwd();
const names = createRequire(import.meta.url)('../../libs/schematics/psp-plugin/plugin-names.js') as {
  validatePluginName(name: string, taken: string[]): void;
  validatePackageName(name: string): void;
};
const COPIED = [
  ...[
    'apps',
    'bin',
    'libs',
    'test/postgres-setup.mjs',
    'test/postgres-teardown.mjs',
    'test/cache-node-flags.mjs',
    'test/test-environment.mjs',
  ],
  ...[
    'package.json',
    'nest-cli.json',
    'tsconfig.json',
    '.oxlintrc.json',
    'jest.config.mjs',
    '.prettierrc.json',
  ],
];
const KEY = 'key-of-the-generated';
const PLUGIN = 'libs/psp-plugins/src/acme-pay';
const TUTORIAL = 'libs/psp-plugins/src/lemon';
const LAYOUT_SPEC = 'libs/psp-plugins/src/plugin-layout.spec.ts';
const MINUTES = 60_000;

let copy: string;
/** The lines that the tutorial adds to the generated files. */
let added: string[];

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'tributary-generated-'));
  for (const name of COPIED) {
    if (existsSync(name)) cpSync(name, join(copy, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  const said = generate('acme-pay');
  expect(said).toContain(
    'acme-pay is served as soon as a deployment file has a connector with "plugin: acme-pay"',
  );
  generate('lemon');
  added = followTutorial(join(copy, TUTORIAL));
  expect(run('nest', 'build', 'gateway')).toMatchObject({ status: 0 });
  expect(run('node', 'bin/bundle.js')).toMatchObject({ status: 0 });
}, 3 * MINUTES);

afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Runs a tool of the repository with the Node.js of the repository. */
function run(tool: string, ...args: string[]) {
  return runIn(copy, tool, ...args);
}

function runIn(cwd: string, tool: string, ...args: string[]) {
  const PATH = `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`;
  const inherited = { FORCE_COLOR: undefined, NODE_OPTIONS: undefined, TEST_TIER: undefined };
  const env = { ...process.env, PATH, NO_COLOR: '1', ...inherited };
  const { status, stdout, stderr } = spawnSync(tool, args, { cwd, env, encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

function generate(...args: string[]): string {
  const { status, said } = runGenerator(...args);
  if (status !== 0) throw new Error(said);
  return said;
}

function runGenerator(...args: string[]) {
  return run('npm', 'run', '--silent', 'new:psp', '--', ...args);
}

it.each([
  [['acme-pay'], 'There is a plugin "acme-pay" already'],
  [['import'], '"import" is reserved'],
  [[], 'The name of the plugin is missing'],
  [['fresh', '--dry-run'], 'CREATE'],
])('npm run new:psp -- %j says so with its exit code', (args, part) => {
  const { status, said } = run('npm', 'run', '--silent', 'new:psp', '--', ...args);
  expect(said).toContain(part);
  expect(status).toBe(part === 'CREATE' ? 0 : 1);
});

it('is in the list, sorted', () => {
  const list = readFileSync(join(copy, 'libs/psp-plugins/src/index.ts'), 'utf8');
  const names = [...list.matchAll(/from '\.\/([a-z-]+)\/index\.js'/g)].map(([, name]) => name);
  expect(names).toEqual(expect.arrayContaining(['acme-pay', 'lemon']));
  expect(names).toEqual([...names].sort());
});

it(
  'passes format, lint and types',
  () => {
    expect(run('prettier', '--check', PLUGIN, TUTORIAL, 'libs/psp-plugins/src/index.ts')).toMatchObject({
      status: 0,
    });
    expect(run('oxlint', '--deny-warnings', PLUGIN, TUTORIAL)).toMatchObject({ status: 0 });
    // The build does not include tests and fakes.
    writeFileSync(
      join(copy, 'tsconfig.plugin.json'),
      JSON.stringify({ extends: './tsconfig.json', include: [PLUGIN, TUTORIAL] }),
    );
    expect(run('tsc', '--noEmit', '-p', 'tsconfig.plugin.json')).toEqual({ status: 0, said: '' });
  },
  2 * MINUTES,
);

it('the spec passes but for the list of what is still made up; after the tutorial it passes as a whole', () => {
  const config = join(copy, 'jest.plugin.config.mjs');
  writeFileSync(
    config,
    "import base from './jest.config.mjs';\nconst { globalSetup, globalTeardown, ...own } = base.projects[0];\nexport default { ...own, roots: ['<rootDir>/libs'], testTimeout: base.testTimeout };\n",
  );
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const { status, said } = run(
    'node',
    '--experimental-vm-modules',
    jest,
    '-c',
    config,
    '--verbose',
    PLUGIN,
    TUTORIAL,
    LAYOUT_SPEC,
  );
  expect(status).toBe(1);
  // The test of the generated plugin fails, because the plugin still contains sample data, which a finished plugin must not contain.
  expect(said.match(/✕.*/g)?.toSorted()).toEqual([
    expect.stringContaining('acme-pay has the files of a plugin, and no others'),
    expect.stringContaining('has nothing left that the generator made up'),
  ]);
  expect(said).toMatch(/✓ lemon has the files of a plugin, and no others/);
  expect(said).toMatch(/Test Suites: +2 failed, 1 passed/);
  expect(said).toMatch(/Tests: +2 failed, 10 skipped, \d+ passed/);
  expect(said).toMatch(/"acme-pay\.config\.ts:\d+: the default is the real URL/);
  expect(said).toMatch(/"README\.md:\d+: /);
});

it('the tutorial takes at most 100 lines beyond what the generator wrote', () => {
  expect(added.length).toBeGreaterThan(25);
  expect(added.length).toBeLessThanOrEqual(100);
});

it('is served at once', async () => {
  writeDeployment('gateway.yaml', 'acme-pay');
  const program = spawn(
    join(ROOT, 'node_modules/.bin/node'),
    ['bin/tributary.js', 'serve', '-c', 'gateway.yaml'],
    {
      cwd: copy,
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  const ended = new Promise((resolve) => program.on('exit', resolve));
  try {
    let said = '';
    for await (const text of program.stderr) {
      said += String(text);
      const url = /(http:\S+)\/acme\b/.exec(said)?.[1];
      if (url !== undefined) return await expectRows(`${url}/acme`);
    }
    throw new Error(`it ended: ${said}`);
  } finally {
    program.kill('SIGTERM');
    await ended;
  }
});

function writeDeployment(file: string, plugin: string): void {
  const connector = `  - { name: acme, plugin: '${plugin}', apiKeys: [${KEY}] }`;
  const lines = ['listen: { port: 0 }', `store: sqlite:./${file}.db`, 'connectors:', connector];
  writeFileSync(join(copy, file), lines.join('\n'));
}

async function expectRows(connector: string): Promise<void> {
  const get = async (path: string) => {
    const response = await fetch(connector + path, { headers: { authorization: `Bearer ${KEY}` } });
    return (await response.json()) as { id: string }[];
  };
  let rows: { id: string }[] = [];
  for (let tries = 0; tries < 100 && rows.length === 0; tries++) {
    rows = await get('/transactions');
    if (rows.length === 0) await sleep(100);
  }
  expect(rows.map(({ id }) => id)).toEqual(['tx-1', 'tx-2', 'tx-3']);
  expect(await get('/accounts/acc-1/balances')).toMatchObject({
    balances: [{ amount: '18750', currency: 'EUR/2' }],
  });
}

it('refuses a name that is taken, and writes nothing', () => {
  const list = readFileSync(join(copy, 'libs/psp-plugins/src/index.ts'), 'utf8');
  expect(runGenerator('acme-pay')).toEqual({
    status: 1,
    said: 'Error: There is a plugin "acme-pay" already. Take another name; nothing was written.\n',
  });
  expect(readFileSync(join(copy, 'libs/psp-plugins/src/index.ts'), 'utf8')).toBe(list);
});

it.each([
  ...['', 'Acme', 'acme_pay', '3acme', '-acme', 'acme-', 'acme--pay', 'a/b', '../acme', 'a'.repeat(41)].map(
    (name) => [name, 'is no name for a plugin: expected kebab-case'],
  ),
  ...['class', 'index', 'plugins', 'testing', 'tributary-psp-x'].map((name) => [name, 'is reserved']),
  ['sandbox', 'There is a plugin "sandbox" already'],
])('refuses the name %j', (name, complaint) => {
  expect(() => names.validatePluginName(name, ['sandbox'])).toThrow(complaint);
});

it.each(['acme', 'Acme/Foo', '@acme', '@acme/', '../x', 'tributary-psp-', '@a/b c'])(
  'refuses the package %j',
  (name) => expect(() => names.validatePackageName(name)).toThrow('is no name for a package with a plugin'),
);

it(
  'writes a package, too: it compiles, its test says what is still made up, and the gateway loads it',
  () => {
    expect(generate('acme', '@acme/tributary-psp-acme')).toContain(
      'CREATE packages/tributary-psp-acme/package.json',
    );
    const source = join(copy, 'packages/tributary-psp-acme');
    const modules = join(source, 'node_modules');
    mkdirSync(modules);
    symlinkSync(copy, join(modules, 'tributary'));
    for (const name of ['@nestjs', '@types', 'class-validator', 'reflect-metadata']) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    }
    expect(runIn(source, 'tsc', '-p', 'tsconfig.json')).toEqual({ status: 0, said: '' });
    const { status, said } = runIn(source, 'node', '--test');
    expect(status).toBe(1);
    expect(said).toMatch(/pass 1\b/);
    expect(said).toContain('acme.config.ts:6: the default is the real URL');

    // The package is linked and not copied, as during its development.
    const beside = join(copy, 'deployment');
    mkdirSync(join(beside, 'node_modules/@acme'), { recursive: true });
    symlinkSync(source, join(beside, 'node_modules/@acme/tributary-psp-acme'));
    writeDeployment('deployment/gateway.yaml', '@acme/tributary-psp-acme');
    const sync = run('node', 'bin/tributary.js', 'sync', '--once', '-c', 'deployment/gateway.yaml');
    expect(sync.said).toContain('/acme transactions: 3 records in');
    expect(sync.status).toBe(0);
  },
  2 * MINUTES,
);
