/** Finds, checks and loads plugins from npm packages. `plugin: "@acme/tributary-psp-foo"` refers to an installed package. */
import { INTERFACE_VERSION, type Plugin } from '@tributary/connector-api';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadWithSharedModules } from './shared-module-loader.js';

/** Matches `@scope/…` and `tributary-psp-…`. Every other name refers to a plugin that is part of the gateway. */
export const PACKAGE_NAME_PATTERN =
  /^(?:@[a-z0-9~-][a-z0-9._~-]*\/[a-z0-9~-][a-z0-9._~-]*|tributary-psp-[a-z0-9._~-]+)$/;

/** Thrown when a package cannot be used as a plugin. The message contains the reason for the author of the deployment file. */
export class PluginPackageError extends Error {
  override readonly name = 'PluginPackageError';
}

interface InstalledPackage {
  name: string;
  directory: string;
  /** The path of the file from which the package was imported. */
  importingFile: string;
}

export class PluginPackages {
  /** The files from which packages are imported, in this sequence. */
  private readonly importingFiles: readonly string[];

  /** @param file the deployment file, or another file in the directory from which packages are imported */
  constructor(file: string) {
    this.importingFiles = [resolve(file), fileURLToPath(import.meta.url)];
  }

  /**
   * Loads the plugin of an installed package.
   * @throws PluginPackageError if the package is missing, has another interface version, cannot be loaded or exports no plugin
   */
  load(name: string): Plugin {
    const found = this.findPackage(name);
    assertInterfaceVersion(found);
    return extractPlugin(loadExports(found), found);
  }

  private findPackage(name: string): InstalledPackage {
    for (const importingFile of this.importingFiles) {
      const directories = createRequire(importingFile).resolve.paths(name) ?? [];
      const directory = directories.map((parent) => join(parent, name)).find(isPackageDirectory);
      if (directory !== undefined) return { name, directory: realpathSync(directory), importingFile };
    }
    const [file = ''] = this.importingFiles;
    throw new PluginPackageError(
      `no package of this name is installed beside the deployment file or the gateway. Correct the name, or run "npm install ${name}" in ${dirname(file)}`,
    );
  }
}

function isPackageDirectory(directory: string): boolean {
  return existsSync(join(directory, 'package.json'));
}

function assertInterfaceVersion({ directory }: InstalledPackage): void {
  const file = join(directory, 'package.json');
  const { tributary, version } = readManifest(file);
  const requiredVersion = tributary?.interface;
  if (typeof requiredVersion !== 'string' || !/^\d+\.\d+$/.test(requiredVersion)) {
    throw new PluginPackageError(
      `${file} does not say for which plugin interface the package was written; expected "tributary": { "interface": "${INTERFACE_VERSION}" } in it. Is it a plugin of Tributary?`,
    );
  }
  if (!isCompatible(requiredVersion)) {
    throw new PluginPackageError(
      `version ${String(version)} of the package was written for plugin interface ${requiredVersion}, and this gateway has ${INTERFACE_VERSION}. ` +
        (isNewer(requiredVersion)
          ? 'Update the gateway, or install an older version of the package'
          : 'Install a newer version of the package'),
    );
  }
}

function readManifest(file: string): { tributary?: { interface?: unknown }; version?: unknown } {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as object;
  } catch {
    throw new PluginPackageError(`${file} cannot be read as JSON. Install the package again`);
  }
}

/** Returns true if the package needs the same major version and the same or an older minor version. Minor versions only add features. */
function isCompatible(requiredVersion: string): boolean {
  return getMajorVersion(requiredVersion) === getMajorVersion(INTERFACE_VERSION) && !isNewer(requiredVersion);
}

function isNewer(requiredVersion: string): boolean {
  const [difference = 0] = [
    getMajorVersion(requiredVersion) - getMajorVersion(INTERFACE_VERSION),
    getMinorVersion(requiredVersion) - getMinorVersion(INTERFACE_VERSION),
  ].filter((step) => step !== 0);
  return difference > 0;
}

function getMajorVersion(version: string): number {
  return Number(version.split('.')[0]);
}

function getMinorVersion(version: string): number {
  return Number(version.split('.')[1]);
}

function loadExports({ name, directory, importingFile }: InstalledPackage): Record<string, unknown> {
  try {
    return loadWithSharedModules(name, directory, importingFile);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
    throw new PluginPackageError(`the package in ${directory} cannot be loaded: ${reason}`, { cause: error });
  }
}

function extractPlugin(exported: Record<string, unknown>, { directory }: InstalledPackage): Plugin {
  const namedExport = exported.plugin;
  // If a CommonJS module was compiled from ESM, its default export is one level deeper.
  const defaultExport = exported.default;
  const innerDefaultExport = isObject(defaultExport) ? defaultExport.default : undefined;
  const candidates = [defaultExport, innerDefaultExport, namedExport, exported].filter(isObject);
  const plugin = candidates.find((candidate) => listMissingProperties(candidate).length === 0);
  if (plugin !== undefined) return plugin as unknown as Plugin;
  const [nearest] = candidates;
  const found =
    nearest === undefined || nearest === exported
      ? `it exports ${Object.keys(exported).join(', ') || 'nothing'}`
      : `the exported object lacks ${listMissingProperties(nearest).join(', ')}`;
  throw new PluginPackageError(
    `the package in ${directory} exports no plugin; expected one made by definePlugin as the default export, or as "plugin": ${found}`,
  );
}

function listMissingProperties(candidate: Record<string, unknown>): string[] {
  const { name, title, settings, psp } = candidate;
  const prototype = typeof psp === 'function' ? (psp.prototype as Record<string, unknown>) : {};
  return Object.entries({
    name: typeof name === 'string' && name !== '',
    title: typeof title === 'string',
    'settings (a class)': typeof settings === 'function',
    'psp (a class with accounts() and transactions())':
      typeof prototype.accounts === 'function' && typeof prototype.transactions === 'function',
  })
    .filter(([, present]) => !present)
    .map(([what]) => what);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
