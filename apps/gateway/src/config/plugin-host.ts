/**
 * Loads plugin packages so that they share modules with the gateway. A plugin throws errors and injects tokens of
 * `tributary/connector-api`, and decorates its classes for Nest. If it imported its own copies, Nest would not find the tokens,
 * and `instanceof` would not recognise the errors. A resolve hook maps these imports to the modules that the gateway has loaded.
 */
import * as nodeModule from 'node:module';
import type { ResolveFnOutput, ResolveHookContext } from 'node:module';
import { pathToFileURL } from 'node:url';

type Next = (specifier: string, context?: Partial<ResolveHookContext>) => ResolveFnOutput;

const CONNECTOR_API = new URL('../../../../libs/connector-api/src/', import.meta.url);
const OURS = new Map([
  ['tributary/connector-api', new URL('index.js', CONNECTOR_API).href],
  ['tributary/connector-api/http', new URL('http/index.js', CONNECTOR_API).href],
]);
const SHARED = /^(?:@nestjs\/common|class-transformer|class-validator|reflect-metadata)(?:\/|$)/;
/** Export conditions for loading a package. `import` is needed because the `exports` of a package can allow only `import`. */
const IMPORT_CONDITIONS = ['node', 'import', 'module-sync', 'node-addons'];

/** URLs of the directories of all loaded packages, each with a trailing slash. */
const directories = new Set<string>();
let registered = false;

/**
 * Loads a package as an `import` statement in a file would.
 * @param directory directory of the package, without symbolic links
 * @param importingFile path of that file
 * @returns the exports of the package
 * @throws Error if Node is older than 22.15, or if the package itself throws
 */
export function loadPackage(name: string, directory: string, from: string): Record<string, unknown> {
  directories.add(pathToFileURL(`${directory}/`).href);
  register();
  const parent = pathToFileURL(from).href;
  const hooks = nodeModule.registerHooks({
    resolve: (specifier, context, next: Next) =>
      specifier === name && context.parentURL === parent
        ? next(specifier, { ...context, conditions: IMPORT_CONDITIONS })
        : next(specifier, context),
  });
  try {
    return nodeModule.createRequire(from)(name) as Record<string, unknown>;
  } finally {
    hooks.deregister();
  }
}

function register(): void {
  if (registered) return;
  // Node has `registerHooks` since 22.15.
  if (typeof nodeModule.registerHooks !== 'function') {
    throw new Error(`plugins in packages need Node 22.15 or newer; this is Node ${process.versions.node}`);
  }
  registered = true;
  nodeModule.registerHooks({
    resolve: (specifier, context, next: Next) =>
      isOfPackage(context.parentURL) ? resolveShared(specifier, context, next) : next(specifier, context),
  });
}

/** Returns true for modules of a plugin package. Its dependencies in `node_modules` keep their own copies. */
function isOfPackage(url: string | undefined): boolean {
  if (url === undefined) return false;
  return [...directories].some(
    (directory) => url.startsWith(directory) && !url.slice(directory.length).includes('node_modules/'),
  );
}

function resolveShared(specifier: string, context: ResolveHookContext, next: Next): ResolveFnOutput {
  const url = OURS.get(specifier);
  if (url !== undefined) return { url, format: 'module', shortCircuit: true };
  return next(specifier, SHARED.test(specifier) ? { ...context, parentURL: import.meta.url } : context);
}
