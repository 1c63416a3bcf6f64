'use strict';
/** Validates the names of plugins and packages, and converts their case. */

const NAME_PATTERN = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const MAX_NAME_LENGTH = 40;
const PACKAGE_PATTERN = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/[a-z0-9~-][a-z0-9._~-]*|tributary-psp-[a-z0-9._~-]+)$/;

/** The names that the plugin list itself uses, or that could be confused with other files. */
const RESERVED = ['fake', 'find-plugin', 'fixtures', 'index', 'plugin', 'plugins', 'testing', 'tributary'];
/** JavaScript keywords. They are refused as names, because the plugin's constant has the plugin's name. */
const KEYWORDS =
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
  'function if implements import in instanceof interface let new null package private protected public return static super switch this ' +
  'throw true try type typeof undefined var void while with yield';

/**
 * Validates the name of a new plugin.
 * @param taken the names of existing plugins
 * @throws Error with instructions if the name is invalid
 */
function validatePluginName(name, taken) {
  if (name === undefined) throw new Error('The name of the plugin is missing: npm run new:psp -- acme');
  const found = JSON.stringify(name);
  if (typeof name !== 'string' || !NAME_PATTERN.test(name) || name.length > MAX_NAME_LENGTH) {
    throw new Error(
      `${found} is no name for a plugin: expected kebab-case (a-z, 0-9, single hyphens, a letter first) of at most ${MAX_NAME_LENGTH} characters, e.g. acme-pay.`,
    );
  }
  if (RESERVED.includes(name) || KEYWORDS.split(' ').includes(name) || name.startsWith('tributary-psp-')) {
    throw new Error(
      `${found} is reserved. Take another name, e.g. ${name.replace(/^tributary-psp-/, '')}-pay.`,
    );
  }
  if (taken.includes(name)) {
    throw new Error(`There is a plugin ${found} already. Take another name; nothing was written.`);
  }
}

/**
 * Validates the name of a package.
 * @throws Error with instructions if the name is invalid
 */
function validatePackageName(name) {
  if (PACKAGE_PATTERN.test(name) && name.length <= 214) return;
  throw new Error(
    `${JSON.stringify(name)} is no name for a package with a plugin: expected one in a scope, or tributary-psp-<name>, e.g. @acme/tributary-psp-acme.`,
  );
}

/** Converts a name to camel case: `acme-pay` → `acmePay`. */
function camelCase(name) {
  return name.replace(/-([a-z0-9])/g, (_hyphen, letter) => letter.toUpperCase());
}

/** Converts a name to Pascal case: `acme-pay` → `AcmePay`. */
function pascalCase(name) {
  const camel = camelCase(name);
  return camel[0].toUpperCase() + camel.slice(1);
}

/** Converts a name to a title: `acme-pay` → `Acme Pay`. */
function titleCase(name) {
  return name
    .split('-')
    .map((word) => word[0].toUpperCase() + word.slice(1))
    .join(' ');
}

module.exports = { camelCase, validatePluginName, validatePackageName, pascalCase, titleCase };
