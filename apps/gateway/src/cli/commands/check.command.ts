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

interface CheckOptions extends ConfigOption {
  secrets?: true;
}

export function registerCheckCommand({ program, terminal, load, loadWithoutSecrets }: CommandContext): void {
  program
    .command('check')
    .description('Check the deployment file and say what would be served.')
    .addOption(createConfigOption())
    .option('--secrets', 'read the secrets of references like vault:… too, and check their values')
    .addHelpText('after', formatExamples('tributary check --config gateway.yaml', SECRETS_EXAMPLE))
    .action(async ({ config, secrets }: CheckOptions) => {
      const deployment = secrets ? await load(config) : loadWithoutSecrets(config);
      assertDirectoriesExist(deployment);
      await assertLimitsApplicable(deployment);
      terminal.out(describeDeployment(deployment));
      const note = describeUnreadSecrets(deployment);
      if (note !== undefined) terminal.err(note);
      const warning = getDemoKeyWarning(deployment);
      if (warning !== undefined) terminal.err(warning);
    });
}

const SECRETS_EXAMPLE = 'tributary check --config gateway.yaml --secrets';

/** Says which secrets were not requested, and what was not checked for this reason. */
function describeUnreadSecrets({ unreadSecrets = [], connectors }: Deployment): string | undefined {
  if (unreadSecrets.length === 0) return undefined;
  const unchecked = connectors.filter(({ hasUnreadSettings }) => hasUnreadSettings).map(({ path }) => path);
  return [
    `NOT CHECKED: ${pluralize(unreadSecrets.length, 'secret')} that --secrets reads: ${unreadSecrets.join(', ')}.`,
    ...(unchecked.length > 0
      ? [`Directories and limits of orders were not checked for: ${unchecked.join(', ')}.`]
      : []),
  ].join('\n');
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
