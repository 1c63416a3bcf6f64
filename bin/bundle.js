/**
 * Joins the compiled files and the packages that they import into few files, `dist/program/`. Without it every command would load about
 * 2 700 files, which takes more than a second of processor time. Packages with compiled code of their own stay outside.
 */
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'fs';
import { join } from 'path';
import { fileURLToPath } from 'url';
import { root } from './launch.js';

const COMPILED = join(root, 'dist');
const PROGRAM_DIRECTORY = join(COMPILED, 'program');

/**
 * The program, its thread, and what plugin packages import. All share their modules: a plugin package must get the copies that the program
 * uses, see `shared-module-loader.ts`.
 */
const ENTRY_POINTS = {
  main: 'apps/gateway/src/main.js',
  'parse-worker': 'libs/psp-plugins/src/bank-statements/parsing/parse-worker.js',
  'connector-api': 'libs/connector-api/src/index.js',
  'connector-api-http': 'libs/connector-api/src/http/index.js',
  'connector-api-listing': 'libs/connector-api/src/listing/index.js',
  'connector-api-testing': 'libs/connector-api/src/testing/index.js',
  conformance: 'libs/conformance/src/index.js',
};
/** Packages that plugin packages share with the program, by the name of the file that exports everything of the package. */
const SHARED_PACKAGES = {
  'nestjs-common': '@nestjs/common',
  'class-transformer': 'class-transformer',
  'class-validator': 'class-validator',
};

/**
 * The first lines of each file. Decorators need `reflect-metadata`, and the files load before the code that imports it. Packages in CommonJS call
 * `require` for modules of Node, and ssh2 reads `__dirname`.
 */
const BANNER = `import 'reflect-metadata';
import { createRequire as createRequireOfBundle } from 'node:module';
const require = createRequireOfBundle(import.meta.url);
const dirnameOfBundle = import.meta.dirname;`;

/** Packages with compiled code, packages that are optional and not installed, and `reflect-metadata`, which must be loaded once. */
const EXTERNAL = [
  // The optional compiled parts of ssh2. It works without them.
  '*.node',
  'cpu-features',
  'better-sqlite3',
  'pg-native',
  'pino',
  'reflect-metadata',
  '@fastify/multipart',
  '@fastify/static',
  '@fastify/view',
  '@nestjs/microservices',
  '@nestjs/microservices/*',
  '@nestjs/platform-express',
  '@nestjs/websockets',
  '@nestjs/websockets/*',
];

export async function bundle() {
  const { build } = await import('esbuild');
  rmSync(PROGRAM_DIRECTORY, { recursive: true, force: true });
  const result = await build({
    entryPoints: { ...resolveEntryPoints(), ...writeSharedEntryPoints() },
    // The packages must be modules, so that all their exports are known.
    mainFields: ['module', 'main'],
    absWorkingDir: root,
    outdir: PROGRAM_DIRECTORY,
    // All files are in one directory, so that `./parse-worker.js` is beside each of them.
    chunkNames: '[name]-[hash]',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Nest writes the names of classes into its messages.
    keepNames: true,
    external: EXTERNAL,
    define: { __dirname: 'dirnameOfBundle' },
    banner: { js: BANNER },
    legalComments: 'none',
    logLevel: 'error',
    metafile: true,
  });
  writeLicences(Object.keys(result.metafile.inputs));
}

function resolveEntryPoints() {
  return Object.fromEntries(Object.entries(ENTRY_POINTS).map(([name, file]) => [name, join(COMPILED, file)]));
}

/** Writes a file for each shared package that exports everything of the package. */
function writeSharedEntryPoints() {
  const directory = join(COMPILED, 'shared');
  mkdirSync(directory, { recursive: true });
  return Object.fromEntries(
    Object.entries(SHARED_PACKAGES).map(([name, packageName]) => {
      const file = join(directory, `${name}.js`);
      writeFileSync(file, `export * from '${packageName}';\n`);
      return [name, file];
    }),
  );
}

/** The bundle contains copies of packages, whose licences want to be copied, too. */
function writeLicences(inputs) {
  const packages = new Set(
    inputs.map((input) => /^.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[0]).filter(Boolean),
  );
  const texts = [...packages].sort().map((directory) => {
    const { name, version, license } = JSON.parse(
      readFileSync(join(root, directory, 'package.json'), 'utf8'),
    );
    const file = readdirSync(join(root, directory)).find((entry) => /^licen[cs]e(\.|$)/i.test(entry));
    const text = file ? readFileSync(join(root, directory, file), 'utf8').trim() : '';
    return `${name} ${version} (${license})\n\n${text}\n`;
  });
  writeFileSync(join(PROGRAM_DIRECTORY, 'LICENCES.txt'), texts.join(`\n${'-'.repeat(80)}\n\n`));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await bundle();
