/** `tributary check`: describes the connectors of a valid deployment file, and warns about demo keys. */
import type { ApiKey } from '@tributary/auth';
import { shownLocation } from '@tributary/feed';
import { formatDuration, type Deployment } from '../config/index.js';
import { count, formatTable } from './terminal.js';

export function describeDeployment(deployment: Deployment): string {
  const { connectors, listen, store, file } = deployment;
  const rows = connectors.map(({ path, plugin, syncEvery, apiKeys }) => [
    `/${path}`,
    plugin.name,
    `every ${formatDuration(syncEvery)}`,
    describeKeys(apiKeys),
  ]);
  return [
    `${file} is good: ${count(connectors.length, 'connector')} on ${listen.host}:${listen.port}, ${shownLocation(store)}`,
    formatTable([['PATH', 'PLUGIN', 'SYNC', 'KEYS'], ...rows]),
  ].join('\n');
}

/** Formats a summary such as `2 keys, 1 pays`. */
function describeKeys(keys: readonly ApiKey[]): string {
  const paying = keys.filter(({ scopes }) => scopes.includes('pay')).length;
  const all = count(keys.length, 'key');
  return paying === 0 ? all : `${all}, ${paying} ${paying === 1 ? 'pays' : 'pay'}`;
}

const DEMO_KEY = /^demo-/;

/** @returns a warning if the deployment uses a key of the examples, which is public in the repository. */
export function warnOfDemoKeys(deployment: Deployment): string | undefined {
  if (!deployment.secrets.some((secret) => DEMO_KEY.test(secret))) return undefined;
  return (
    `DEMO KEYS: ${deployment.file} opens connectors to keys that begin with "demo-" and are no secret. ` +
    'Never serve real money with them; make keys with "tributary keys new".'
  );
}
