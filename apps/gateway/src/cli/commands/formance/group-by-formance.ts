/** Groups the connectors of the deployment file by the Formance that reads them, and adds the data for their installation. */
import { formatKeyHash, hashApiKey, KEY_PREFIX } from '@tributary/auth';
import type { ConnectorKeys, DesiredConnector } from '@tributary/formance';
import type { ConnectorConfig, Deployment, FormanceConfig } from '../../../config/index.js';
import { CliError } from '../../shared/cli-error.js';
import { requireConnector } from '../../shared/command-context.js';

export interface ConnectorsOfFormance {
  formance: FormanceConfig;
  connectors: DesiredConnector[];
}

/**
 * Groups connectors by the Formance that reads them.
 * @param paths paths of the connectors to return; an empty list means all connectors
 * @throws CliError if a path is unknown, or if a connector has no Formance
 */
export function groupByFormance(deployment: Deployment, paths: readonly string[]): ConnectorsOfFormance[] {
  const selected = new Set(paths.map((path) => requireConnector(deployment, path)));
  const groups = new Map<FormanceConfig, DesiredConnector[]>();
  for (const connector of deployment.connectors) {
    const { path, formance } = connector;
    if (selected.size > 0 && !selected.has(path)) continue;
    if (formance === undefined) {
      if (selected.has(path))
        throw new CliError(`${deployment.file} names no Formance for ${path}. ${FORMANCE_ADVICE}`);
      continue;
    }
    const group = groups.get(formance) ?? [];
    groups.set(formance, [...group, toDesiredConnector(connector, formance, deployment.secrets)]);
  }
  if (groups.size === 0) throw new CliError(`${deployment.file} names no Formance. ${FORMANCE_ADVICE}`);
  return [...groups].map(([formance, connectors]) => ({ formance, connectors }));
}

const FORMANCE_ADVICE =
  'Add "formance: { url: https://<stack>, publicUrl: https://<this gateway> }" to it, or to the tenant';

function toDesiredConnector(
  { path, originalPath, formanceName, apiKeys }: ConnectorConfig,
  { publicUrl, pollingPeriod }: FormanceConfig,
  secrets: readonly string[],
): DesiredConnector {
  return {
    path,
    ...(originalPath !== undefined && { originalPath }),
    // A renamed connector keeps its name in Formance, so that it is updated there, and not installed a second time.
    name: formanceName ?? originalPath ?? path,
    endpoint: `${publicUrl}/${path}`,
    pollingPeriod,
    keys: createConnectorKeys(apiKeys, secrets),
  };
}

/**
 * Returns the keys of a connector. The deployment contains only hashes of keys. If the file contains a key in clear text, the key is also
 * among the secrets of the deployment.
 */
function createConnectorKeys(apiKeys: ConnectorConfig['apiKeys'], secrets: readonly string[]): ConnectorKeys {
  const byHash = new Map(secrets.map((secret) => [hashApiKey(secret).toString('hex'), secret]));
  // Formance uses the same key for reading and for paying, so a key that may pay comes first.
  const payingFirst = [...apiKeys].sort((a, b) => b.scopes.length - a.scopes.length);
  const hashes = payingFirst.map(({ hash }) => hash.toString('hex'));
  return {
    plainKey: hashes.map((hash) => byHash.get(hash)).find((key) => key !== undefined),
    isAccepted: (key) => hashes.includes(hashApiKey(key).toString('hex')),
    isGenerated: (key) => key.startsWith(KEY_PREFIX),
    formatHash: formatKeyHash,
  };
}
