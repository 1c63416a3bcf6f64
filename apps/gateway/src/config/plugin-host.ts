/**
 * Lets packages that bring a plugin share our modules. A plugin throws errors and injects tokens of `tributary/connector-api`, and
 * decorates its classes for Nest: with copies of its own, Nest would not find what it asks for, and no error would be known.
 * So these imports of such a package are resolved to what this program itself has loaded.
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
/** A package may allow `import` only, and CommonJS packages are imported too. */
const IMPORT_CONDITIONS = ['node', 'import', 'module-sync', 'node-addons'];

/** URLs of the directories of the packages, with a slash at the end. */
const directories = new Set<string>();
let registered = false;

/**
 * Loads a package as an `import` in `from` would.
 * @param directory of the package, without symbolic links
 * @returns what it exports
 * @throws Error when Node is too old, or as the package fails
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
  // Absent before Node 22.15.
  if (typeof nodeModule.registerHooks !== 'function') {
    throw new Error(`plugins in packages need Node 22.15 or newer; this is Node ${process.versions.node}`);
  }
  registered = true;
  nodeModule.registerHooks({
    resolve: (specifier, context, next: Next) =>
      isOfPackage(context.parentURL) ? resolveShared(specifier, context, next) : next(specifier, context),
  });
}

/** Of the package itself: what it depends on has its own copies. */
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
