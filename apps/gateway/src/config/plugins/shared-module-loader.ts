/**
 * Loads plugin packages so that they share modules with the gateway. A plugin throws errors and injects tokens of
 * `tributary/connector-api`, and decorates its classes for Nest. If the plugin imported its own copies of these modules, Nest would not
 * find the tokens, and `instanceof` would not recognise the errors. So a resolve hook maps these imports to the modules that the gateway
 * has loaded.
 */
import { existsSync } from 'node:fs';
import * as nodeModule from 'node:module';
import type { ResolveFnOutput, ResolveHookContext } from 'node:module';
import { pathToFileURL } from 'node:url';

type NextResolve = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

const COMPILED_CONNECTOR_API = '../../../../../libs/connector-api/src';
/**
 * The files of the program that export what the gateway itself uses of a package. `bin/bundle.js` writes these files beside the file that
 * contains this code. Compiled code that is not bundled yet only has the modules of `tributary/connector-api`.
 */
const SHARED_FILES: Readonly<Record<string, readonly string[]>> = {
  'tributary/connector-api': ['connector-api.js', `${COMPILED_CONNECTOR_API}/index.js`],
  'tributary/connector-api/http': ['connector-api-http.js', `${COMPILED_CONNECTOR_API}/http/index.js`],
  'tributary/connector-api/listing': [
    'connector-api-listing.js',
    `${COMPILED_CONNECTOR_API}/listing/index.js`,
  ],
  '@nestjs/common': ['nestjs-common.js'],
  'class-transformer': ['class-transformer.js'],
  'class-validator': ['class-validator.js'],
};
/**
 * Matches the packages that a plugin shares with the gateway. If the program has no file for such a package, the plugin gets the copy that
 * is installed beside the gateway.
 */
const SHARED_PACKAGE_PATTERN =
  /^(?:@nestjs\/common|class-transformer|class-validator|reflect-metadata)(?:\/|$)/;
/** Export conditions for loading a package. `import` is needed because the `exports` of a package can allow only `import`. */
const IMPORT_CONDITIONS = ['node', 'import', 'module-sync', 'node-addons'];

/** The URLs of the directories of all loaded packages, each with a slash at the end. */
const pluginDirectories = new Set<string>();
let isHookRegistered = false;

/**
 * Loads a package as if a file imported it.
 * @param directory directory of the package, without symbolic links
 * @param importingFile path of the file that imports the package
 * @returns the exports of the package
 * @throws Error if Node is older than 22.15, or if the package itself throws
 */
export function loadWithSharedModules(
  name: string,
  directory: string,
  importingFile: string,
): Record<string, unknown> {
  pluginDirectories.add(pathToFileURL(`${directory}/`).href);
  registerResolveHook();
  const parent = pathToFileURL(importingFile).href;
  const hooks = nodeModule.registerHooks({
    resolve: (specifier, context, next: NextResolve) =>
      specifier === name && context.parentURL === parent
        ? next(specifier, { ...context, conditions: IMPORT_CONDITIONS })
        : next(specifier, context),
  });
  try {
    return nodeModule.createRequire(importingFile)(name) as Record<string, unknown>;
  } finally {
    hooks.deregister();
  }
}

function registerResolveHook(): void {
  if (isHookRegistered) return;
  // The function `registerHooks` exists since Node 22.15.
  if (typeof nodeModule.registerHooks !== 'function') {
    throw new Error(`plugins in packages need Node 22.15 or newer; this is Node ${process.versions.node}`);
  }
  isHookRegistered = true;
  nodeModule.registerHooks({
    resolve: (specifier, context, next: NextResolve) =>
      isPluginModule(context.parentURL)
        ? resolveSharedModule(specifier, context, next)
        : next(specifier, context),
  });
}

/**
 * Returns true for modules of a plugin package. The dependencies of the package in `node_modules` are not included, so they keep their own
 * copies.
 */
function isPluginModule(url: string | undefined): boolean {
  if (url === undefined) return false;
  return [...pluginDirectories].some(
    (directory) => url.startsWith(directory) && !url.slice(directory.length).includes('node_modules/'),
  );
}

function resolveSharedModule(
  specifier: string,
  context: ResolveHookContext,
  next: NextResolve,
): ResolveFnOutput {
  const url = findSharedFile(specifier);
  if (url !== undefined) return { url, format: 'module', shortCircuit: true };
  return next(
    specifier,
    SHARED_PACKAGE_PATTERN.test(specifier) ? { ...context, parentURL: import.meta.url } : context,
  );
}

function findSharedFile(specifier: string): string | undefined {
  const files = SHARED_FILES[specifier] ?? [];
  return files.map((file) => new URL(file, import.meta.url)).find((url) => existsSync(url))?.href;
}
