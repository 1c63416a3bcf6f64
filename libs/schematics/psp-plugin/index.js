'use strict';
/**
 * The generator `npm run new:psp -- acme`. It writes a plugin that works, and a spec that lists the placeholders that the author must still
 * replace. `nest g -c @tributary/schematics psp-plugin acme -p gateway` does the same, but ends with exit code 0 if a name is invalid.
 */

const { apply, applyTemplates, chain, filter, mergeWith, move, url } = require('@angular-devkit/schematics');
const { format, resolveConfig } = require('prettier');
const { resolve } = require('path');
const {
  camelCase,
  validatePluginName,
  validatePackageName,
  pascalCase,
  titleCase,
} = require('./plugin-names');
const { parsePluginNames, addPlugin } = require('./plugin-list');

const PLUGINS_DIRECTORY = '/libs/psp-plugins/src';
const PLUGIN_LIST_FILE = `${PLUGINS_DIRECTORY}/index.ts`;
/** The file that contains the version of the plugin interface. */
const VERSION_FILE = '/libs/connector-api/src/interface-version.ts';
/**
 * Matches the files that are generated only in this repository: fakes and specs for Jest. The author of a separate package can write such
 * files with `tributary/connector-api/testing`.
 */
const REPOSITORY_ONLY = /\.(?:fake|spec)\.ts\.template$|\/(?:fixtures|testing)\//;

function pspPlugin(options) {
  return (tree) => {
    const list = tree.readText(PLUGIN_LIST_FILE);
    validatePluginName(options.name, [...parsePluginNames(list), ...tree.getDir(PLUGINS_DIRECTORY).subdirs]);
    const packageName = options.package || options.path;
    return packageName ? writePackage(options.name, packageName, tree) : writePlugin(options.name, list);
  };
}

module.exports = { pspPlugin };

function writePlugin(name, list) {
  return chain([
    writeFiles(
      './files/plugin',
      { ...createNameVariants(name), api: '@tributary/connector-api' },
      `${PLUGINS_DIRECTORY}/${name}`,
    ),
    (tree) => tree.overwrite(PLUGIN_LIST_FILE, addPlugin(list, name, PLUGIN_LIST_FILE.slice(1))),
    formatAll([`${PLUGINS_DIRECTORY}/${name}`, PLUGIN_LIST_FILE]),
    logLines(
      `${name} is served as soon as a deployment file has a connector with "plugin: ${name}".`,
      `To list the placeholders, run: npx node --experimental-vm-modules node_modules/jest/bin/jest.js libs/psp-plugins/src/${name}`,
      `What to do about it, step by step: docs/guides/add-a-psp.md.`,
    ),
  ]);
}

function writePackage(name, packageName, tree) {
  validatePackageName(packageName);
  const directory = `/packages/${packageName.split('/').pop()}`;
  if (tree.getDir(directory).subfiles.length > 0) {
    throw new Error(`${directory.slice(1)} exists already. Move it away; nothing was written.`);
  }
  const names = {
    ...createNameVariants(name),
    packageName,
    interfaceVersion: readInterfaceVersion(tree),
    api: 'tributary/connector-api',
  };
  return chain([
    writeFiles(
      './files/plugin',
      names,
      `${directory}/src`,
      (path) => !REPOSITORY_ONLY.test(path) && !path.includes('README'),
    ),
    writeFiles('./files/package-only', names, directory),
    formatAll([directory]),
    logLines(
      `${directory.slice(1)} is a repository of its own: move it wherever you like, and read its README.md.`,
    ),
  ]);
}

function readInterfaceVersion(tree) {
  return /INTERFACE_VERSION = '([^']+)'/.exec(tree.readText(VERSION_FILE))[1];
}

function createNameVariants(name) {
  return { name, camel: camelCase(name), pascal: pascalCase(name), title: titleCase(name) };
}

function writeFiles(source, names, target, isIncluded = () => true) {
  return mergeWith(apply(url(source), [filter(isIncluded), applyTemplates(names), move(target)]));
}

/** Formats the generated files as `npm run format` does. With names of any length, they then pass the format check. */
function formatAll(paths) {
  return async (tree) => {
    for (const file of paths.flatMap((path) => listFiles(tree, path))) {
      const filepath = resolve(`.${file}`);
      const config = (await resolveConfig(filepath)) || {};
      tree.overwrite(file, await format(tree.readText(file), { ...config, filepath }));
    }
  };
}

function listFiles(tree, path) {
  if (tree.exists(path)) return [path];
  const files = [];
  tree.getDir(path).visit((file) => files.push(file));
  return files.filter((file) => /\.(?:ts|mjs|json|md|yaml)$/.test(file));
}

function logLines(...lines) {
  return (_tree, context) => lines.forEach((line) => context.logger.info(line));
}
