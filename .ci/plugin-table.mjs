/**
 * `npm run docs`: writes docs/reference/plugins.md from the built plugins. With `--check` it writes nothing and fails
 * when the page is outdated. A plugin supports a capability if its class has the method, so the table needs
 * no manual maintenance. A method that exists only with some settings is assigned in the constructor of the
 * class. The lines of code are counted from the sources, and what a plugin does not do is copied from the section
 * "What it does not do" of its README.
 */
import 'reflect-metadata';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import ts from 'typescript';

const PAGE = 'docs/reference/plugins.md';
const SOURCES = 'libs/psp-plugins/src';
const COLUMNS = {
  accounts: 'accounts',
  transactions: 'transactions',
  beneficiaries: 'beneficiaries',
  balances: 'live balances',
  createPayout: 'payouts',
  createTransfer: 'transfers',
  findOrder: 'order lookup',
  webhook: 'webhooks',
  watch: 'watch',
};

const { plugins } = await import('../dist/libs/psp-plugins/src/index.js');
const text = await format(page(plugins), { ...(await resolveConfig(PAGE)), filepath: PAGE });
if (!process.argv.includes('--check')) writeFileSync(PAGE, text);
else if (withoutLineCounts(read()) !== withoutLineCounts(text)) {
  console.error(`${PAGE} is stale: the plugins have changed. Run "npm run docs", and commit it.`);
  process.exitCode = 1;
}

function page(plugins) {
  const rows = plugins.map(({ name, title, psp }) => [
    `[${name}](../../libs/psp-plugins/src/${name}/README.md)`,
    title,
    ...Object.keys(COLUMNS).map((method) => capability(psp, method)),
    String(countCodeLines(`${SOURCES}/${name}`)),
  ]);
  const limits = plugins.map(({ name }) => `### ${name}\n\n${readLimits(name)}`);
  const head = ['plugin', 'PSP', ...Object.values(COLUMNS), 'lines of code'];
  const table = [head, head.map(() => '-'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `# Plugins

For operators who choose a plugin, and for developers who want to see what a plugin can do.

<!-- Written by "npm run docs": do not edit. -->

The table shows which methods of the [plugin interface](plugin-interface.md) each plugin has.

- **live balances**: the gateway asks the PSP for the balances when a client requests them. Without this capability, the gateway serves the balances of the last listing.
- **order lookup**: the gateway can ask the PSP for the status of an order.
- **watch**: the plugin detects changes itself, and the gateway then pulls at once.
- **lines of code**: the size of the plugin, without blank lines, comments, tests, and the fakes of tests.
- **if set**: the plugin has the capability only if a setting enables it.

The page of each plugin describes its settings; \`tributary schema\` prints them too. [Add a PSP](../guides/add-a-psp.md) describes how to write a plugin.

${table.join('\n')}

## What the plugins do not do

${limits.join('\n\n')}
`;
}

/** Returns the list in the section "What it does not do" of the README of a plugin. */
function readLimits(name) {
  const file = `${SOURCES}/${name}/README.md`;
  const section = /^## What it does not do\n(.*?)(?=^## |(?![^]))/ms.exec(readFileSync(file, 'utf8'))?.[1];
  if (section === undefined) throw new Error(`${file}: expected a section "## What it does not do"`);
  // Links of the README are relative to it.
  return section.trim().replaceAll(/\]\((?!https?:|#)/g, `](../../${SOURCES}/${name}/`);
}

/** Counts the lines that have a token of the program. */
function countCodeLines(directory) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.(?:spec|fake)\.ts$/.test(entry.name))
    .filter(({ parentPath }) => !/[/\\](?:testing|fixtures|__\w+__)(?:[/\\]|$)/.test(parentPath))
    .reduce((sum, { parentPath, name }) => sum + countCodeLinesOfFile(`${parentPath}/${name}`), 0);
}

function countCodeLinesOfFile(path) {
  const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest);
  const lines = new Set();
  const lineOf = (position) => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node) => {
    const children = node.getChildren(source).filter((child) => !ts.isJSDoc(child));
    if (children.length > 0) return children.forEach(visit);
    if (node.getEnd() === node.getStart(source)) return undefined;
    for (let line = lineOf(node.getStart(source)); line <= lineOf(node.getEnd()); line += 1) lines.add(line);
    return undefined;
  };
  visit(source);
  return lines.size;
}

function capability(psp, method) {
  if (typeof psp.prototype[method] === 'function') return 'yes';
  return String(psp).includes(`this.${method} = `) ? 'if set' : '';
}

/** The line counts change with every change of a plugin, so an outdated count does not make the page stale. */
function withoutLineCounts(text = '') {
  return text.replaceAll(/\| \d+ +\|$/gm, '| |');
}

function read() {
  try {
    return readFileSync(PAGE, 'utf8');
  } catch {
    return undefined;
  }
}
