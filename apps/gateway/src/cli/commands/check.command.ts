/** `tributary check`: describes the connectors of a valid deployment file, and warns about demo keys. */
import { assertDirectoriesExist } from '../../config/index.js';
import { assertLimitsApplicable } from '../../mount/assert-limits-applicable.js';
import {
  createConfigOption,
  formatExamples,
  type CommandContext,
  type ConfigOption,
} from '../shared/command-context.js';
import type { ApiKey } from '@tributary/auth';
import { redactLocation } from '@tributary/feed';
import { formatDuration, type Deployment } from '../../config/index.js';
import { pluralize, formatTable } from '../shared/terminal.js';

export function registerCheckCommand({ program, terminal, load }: CommandContext): void {
  program
    .command('check')
    .description('Check the deployment file and say what would be served.')
    .addOption(createConfigOption())
    .addHelpText('after', formatExamples('tributary check --config gateway.yaml'))
    .action(async ({ config }: ConfigOption) => {
      const deployment = load(config);
      assertDirectoriesExist(deployment);
      await assertLimitsApplicable(deployment);
      terminal.out(describeDeployment(deployment));
      const warning = getDemoKeyWarning(deployment);
      if (warning !== undefined) terminal.err(warning);
    });
}

export function describeDeployment(deployment: Deployment): string {
  const { connectors, listen, store, file } = deployment;
  const rows = connectors.map(({ path, plugin, syncIntervalMs, apiKeys }) => [
    `/${path}`,
    plugin.name,
    `every ${formatDuration(syncIntervalMs)}`,
    formatKeySummary(apiKeys),
  ]);
  return [
    `${file} is good: ${pluralize(connectors.length, 'connector')} on ${listen.host}:${listen.port}, ${redactLocation(store)}`,
    formatTable([['PATH', 'PLUGIN', 'SYNC', 'KEYS'], ...rows]),
  ].join('\n');
}

/** Formats a summary, e.g. `2 keys, 1 pays`. */
function formatKeySummary(keys: readonly ApiKey[]): string {
  const paying = keys.filter(({ scopes }) => scopes.includes('pay')).length;
  const all = pluralize(keys.length, 'key');
  return paying === 0 ? all : `${all}, ${paying} ${paying === 1 ? 'pays' : 'pay'}`;
}

/** Matches the keys of the examples, which everybody can read in the repository. */
export const DEMO_KEY_PATTERN = /^demo-[!-&(-~]+$/;

/** Returns a warning if the deployment uses a key of the examples, which everybody can read in the repository. */
export function getDemoKeyWarning(deployment: Deployment): string | undefined {
  if (!deployment.secrets.some((secret) => DEMO_KEY_PATTERN.test(secret))) return undefined;
  return (
    `DEMO KEYS: ${deployment.file} opens connectors to keys that begin with "demo-" and are no secret. ` +
    'Never serve real money with them; make keys with "tributary keys new".'
  );
}
