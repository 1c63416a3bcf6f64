/**
 * `npm run docs`: writes docs/plugins.md from the built plugins. With `--check` it writes nothing and fails
 * when the page is outdated. A plugin supports a capability if its class has the method, so the table needs
 * no manual maintenance. A method that exists only with some settings is assigned in the constructor of the
 * class.
 */
import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

const PAGE = 'docs/plugins.md';
const COLUMNS = {
  accounts: 'accounts',
  transactions: 'transactions',
  beneficiaries: 'beneficiaries',
  balances: 'balances asked for',
  createPayout: 'payouts',
  createTransfer: 'transfers',
  findOrder: 'orders looked up',
  webhook: 'webhooks',
  watch: 'watches',
};

const { plugins } = await import('../dist/libs/psp-plugins/src/index.js');
const text = await format(page(plugins), { ...(await resolveConfig(PAGE)), filepath: PAGE });
if (!process.argv.includes('--check')) writeFileSync(PAGE, text);
else if (read() !== text) {
  console.error(`${PAGE} is stale: the plugins have changed. Run "npm run docs", and commit it.`);
  process.exitCode = 1;
}

function page(plugins) {
  const rows = plugins.map(({ name, title, psp }) => [
    `[${name}](../libs/psp-plugins/src/${name}/README.md)`,
    title,
    ...Object.keys(COLUMNS).map((method) => capability(psp, method)),
  ]);
  const head = ['plugin', 'what it mirrors', ...Object.values(COLUMNS)];
  const table = [head, head.map(() => '-'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `# Plugins

<!-- Written by "npm run docs": do not edit. -->

What each plugin can do, as its methods say. "Balances asked for": the PSP is asked while the client waits; without it, balances are those that
came with a listing. "Watches": it notices by itself that something is new. "If set": only where a setting of the plugin asks for it. Settings are in the plugin's own page, or
in \`tributary schema\`. A plugin of your own: [adding a PSP](adding-a-psp.md).

${table.join('\n')}
`;
}

function capability(psp, method) {
  if (typeof psp.prototype[method] === 'function') return 'yes';
  return String(psp).includes(`this.${method} = `) ? 'if set' : '';
}

function read() {
  try {
    return readFileSync(PAGE, 'utf8');
  } catch {
    return undefined;
  }
}
