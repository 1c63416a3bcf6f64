/**
 * Part of `npm run lint`: fails if TypeScript files import each other in a circle, and prints the shortest circle through each file that is
 * in one. Imports of types count too: they do not break at run time, but they bind the files together in the same way.
 */
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import ts from 'typescript';

const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, process.cwd());
const cache = ts.createModuleResolutionCache(process.cwd(), (name) => name, options);
const sources = new Set(fileNames);
const imports = new Map(fileNames.map((file) => [file, findImports(file)]));

const reported = new Set();
for (const file of fileNames) {
  if (reported.has(file)) continue;
  const cycle = findShortestCycle(file);
  if (cycle === undefined) continue;
  for (const member of cycle) reported.add(member);
  console.error(`import cycle: ${[...cycle, file].map(toName).join(' -> ')}`);
  process.exitCode = 1;
}

/** Returns the files of this repository that a file imports or re-exports. */
function findImports(file) {
  const { importedFiles } = ts.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => resolve(fileName, file))
    .filter((target) => target !== undefined && sources.has(target) && target !== file);
}

function resolve(specifier, file) {
  if (!/^(\.|@?tributary\/)/.test(specifier)) return undefined;
  const { resolvedModule } = ts.resolveModuleName(
    specifier,
    file,
    options,
    ts.sys,
    cache,
    undefined,
    ts.ModuleKind.ESNext,
  );
  return resolvedModule?.resolvedFileName;
}

/** Searches breadth first for a way from a file back to itself. */
function findShortestCycle(start) {
  const importerOf = new Map([[start, undefined]]);
  for (const file of importerOf.keys()) {
    for (const target of imports.get(file)) {
      if (target === start) return toPath(file, importerOf);
      if (!importerOf.has(target)) importerOf.set(target, file);
    }
  }
  return undefined;
}

function toPath(file, importerOf) {
  const path = [];
  for (let step = file; step !== undefined; step = importerOf.get(step)) path.unshift(step);
  return path;
}

function toName(file) {
  return relative(process.cwd(), file).split(sep).join('/');
}
