'use strict';
/** Reads and extends the list of built-in plugins in `libs/psp-plugins/src/index.ts`. */

const { camelCase } = require('./plugin-names');

const LIST_PATTERN = /export const plugins: readonly Plugin\[\] = \[([^\]]*)\];/;
const IMPORT_PATTERN = /^import \{ \w+ \} from '\.\/([a-z0-9-]+)\/index\.js';\n/gm;

/** Returns the folder names of the listed plugins. */
function parsePluginNames(text) {
  return [...text.matchAll(IMPORT_PATTERN)].map((match) => match[1]);
}

/**
 * Adds a plugin to the source of the list, in alphabetical order.
 * @returns the new source
 * @throws Error if the source does not have the expected form
 */
function addPlugin(text, name, file) {
  const imports = [...text.matchAll(IMPORT_PATTERN)];
  const list = LIST_PATTERN.exec(text);
  if (!list || imports.length === 0) {
    throw new Error(
      `${file} is not the list that was expected (imports of the plugins, then "export const plugins: readonly Plugin[] = […]"). Put it back, or add the plugin by hand.`,
    );
  }
  const added = `import { ${camelCase(name)} } from './${name}/index.js';\n`;
  const lines = [...imports.map((match) => match[0]), added].sort(compareFolders);
  const entries = list[1].split(',').map((entry) => entry.trim());
  const sorted = [...entries.filter((entry) => entry !== ''), camelCase(name)].sort();
  const first = imports[0].index;
  const last = imports[imports.length - 1];
  const rest = text
    .slice(last.index + last[0].length)
    .replace(LIST_PATTERN, () => `export const plugins: readonly Plugin[] = [${sorted.join(', ')}];`);
  return text.slice(0, first) + lines.join('') + rest;
}

function compareFolders(one, other) {
  const [a, b] = [one, other].map((line) => line.slice(line.indexOf("'./")));
  return a < b ? -1 : 1;
}

module.exports = { parsePluginNames, addPlugin };
