/**
 * `npm run docs`: writes docs/reference/plugins.md from the built plugins. With `--check` it writes nothing and fails
 * when the page is outdated. A plugin supports a capability if its class has the method, so the table needs
 * no manual maintenance. A method that exists only with some settings is assigned in the constructor of the
 * class.
 */
import 'reflect-metadata';
import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

const PAGE = 'docs/reference/plugins.md';
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
else if (read() !== text) {
  console.error(`${PAGE} is stale: the plugins have changed. Run "npm run docs", and commit it.`);
  process.exitCode = 1;
}

function page(plugins) {
  const rows = plugins.map(({ name, title, psp }) => [
    `[${name}](../../libs/psp-plugins/src/${name}/README.md)`,
    title,
    ...Object.keys(COLUMNS).map((method) => capability(psp, method)),
  ]);
  const head = ['plugin', 'PSP', ...Object.values(COLUMNS)];
  const table = [head, head.map(() => '-'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
  return `# Plugins

For operators who choose a plugin, and for developers who want to see what a plugin can do.

<!-- Written by "npm run docs": do not edit. -->

The table shows which methods of the [plugin interface](plugin-interface.md) each plugin has.

- **live balances**: the gateway asks the PSP for the balances when a client requests them. Without this capability, the balances are those of the last listing.
- **order lookup**: the gateway can ask the PSP for the status of an order.
- **watch**: the plugin notices changes by itself, and the gateway pulls at once.
- **if set**: the capability exists only if a setting of the plugin enables it.

The page of each plugin describes its settings; \`tributary schema\` prints them too. [Add a PSP](../guides/add-a-psp.md) describes how to write a plugin.

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
