/** Loads the deployment file: reads the YAML, resolves references and validates the settings. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { plugins } from '@tributary/psp-plugins';
import { ApiKeys } from './api-keys.js';
import { Binder } from './binding.js';
import { ConnectorList } from './connector-list.js';
import type { Deployment } from './deployment.js';
import { DeploymentFile, TenantEntry } from './deployment-file.js';
import { PluginPackages } from './plugin-packages.js';
import { ConfigError, Problems } from './problems.js';
import { reasonOf, type Environment } from './references.js';
import { collectSecrets, hideSecrets } from './secrets.js';
import { isMapping } from './settings-class.js';
import { storeLocation } from './store-settings.js';
import { readYaml, type ReadValue } from './yaml-reader.js';

/**
 * Loads and validates the deployment file.
 * @param file path of the YAML file. It is relative to the working directory, and so are the paths in the file.
 * @throws ConfigError with all problems of the file
 */
export function loadDeployment(file: string, environment: Environment = process.env): Deployment {
  const problems = new Problems();
  const read = readYaml(readText(file), environment, problems);
  const secrets = collectSecrets(read);
  const deployment = read.value === undefined ? undefined : bindDeployment(file, read, secrets, problems);
  if (!deployment && problems.count === 0) problems.add([], EMPTY, undefined);
  const found = problems
    .sorted()
    .map((problem) => ({ ...problem, text: hideSecrets(problem.text, secrets) }));
  if (!deployment || found.length > 0) throw new ConfigError(file, found);
  return deployment;
}

const EMPTY = 'the file is empty; expected "connectors:" with at least one connector in it';
const NO_CONNECTORS =
  'there is nothing to serve; expected at least one connector in connectors: or in tenants.<name>.connectors';

function bindDeployment(file: string, read: ReadValue, secrets: string[], problems: Problems): Deployment {
  const binder = new Binder(read.places, problems);
  const { listen, docs, operators, ...owners } = binder.bind(DeploymentFile, read.value, []);
  const store = storeLocation(owners.store, binder);
  const keys = new ApiKeys(binder);
  const operatorKeys = keys.parseOperators(operators.apiKeys, ['operators', 'apiKeys']);
  const list = new ConnectorList(binder, keys, plugins, new PluginPackages(file));
  list.add(owners.connectors, ['connectors']);
  addTenants(owners.tenants, binder, list);
  if (list.connectors.length === 0 && problems.count === 0) binder.complain([], NO_CONNECTORS);
  return { file, listen: { ...listen }, store, connectors: list.connectors, operatorKeys, docs, secrets };
}

function addTenants(tenants: unknown, binder: Binder, list: ConnectorList): void {
  if (!isMapping(tenants)) return;
  for (const [name, entry] of Object.entries(tenants)) {
    const path = ['tenants', name];
    list.checkTenant(name, path);
    if (entry === undefined) continue;
    list.add(binder.bind(TenantEntry, entry, path).connectors, [...path, 'connectors'], name);
  }
}

function readText(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    throw unreadable(
      file,
      `cannot be read: ${reasonOf(error)} (${resolve(file)}). Name it with --config FILE`,
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw unreadable(file, 'the file is not UTF-8 text; save it as UTF-8');
  }
}

function unreadable(file: string, text: string): ConfigError {
  return new ConfigError(file, [{ path: [], text }]);
}
