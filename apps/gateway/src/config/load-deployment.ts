/** Loads the deployment file: reads the YAML, resolves references and validates the settings. */
import type { OperatorKey } from '@tributary/auth';
import { plugins } from '@tributary/psp-plugins';
import { ApiKeyParser } from './settings/api-key-parser.js';
import { SettingsBinder } from './settings/settings-binder.js';
import { ConnectorConfigBuilder } from './plugins/connector-config-builder.js';
import type { Deployment } from './settings/loaded-deployment.types.js';
import { DeploymentFile, TenantEntry } from './settings/deployment-file-settings.js';
import { parseFormanceSettings, type FormanceConfig } from './settings/formance-settings.js';
import { PluginPackages } from './plugins/plugin-packages.js';
import { ConfigError, ConfigProblems } from './file/config-problems.js';
import { readDeploymentFile } from './file/read-deployment-file.js';
import type { Environment } from './file/references.js';
import { collectSecrets, redactSecrets } from './file/secret-redactor.js';
import { isPlainObject } from './settings/settings-metadata.js';
import { parseAlerts } from './settings/alert-parser.js';
import { parseStoreLocation } from './settings/store-settings.js';
import { parsePolicies, type ReconciliationPolicyConfig } from './settings/reconciliation-parser.js';
import { readYaml, type YamlReadResult } from './file/yaml-reader.js';

/**
 * Loads and validates the deployment file.
 * @param file path of the YAML file. This path and the paths in the file are relative to the working directory
 * @throws ConfigError with all problems of the file
 */
export function loadDeployment(file: string, environment: Environment = process.env): Deployment {
  const problems = new ConfigProblems();
  const read = readYaml(readDeploymentFile(file), environment, problems);
  const secrets = collectSecrets(read);
  const deployment = read.value === undefined ? undefined : bindDeployment(file, read, secrets, problems);
  if (!deployment && problems.count === 0) problems.add([], EMPTY_FILE_MESSAGE, undefined);
  const redactedProblems = problems
    .sorted()
    .map((problem) => ({ ...problem, text: redactSecrets(problem.text, secrets) }));
  if (!deployment || redactedProblems.length > 0) throw new ConfigError(file, redactedProblems);
  return deployment;
}

const EMPTY_FILE_MESSAGE = 'the file is empty; expected "connectors:" with at least one connector in it';
const NO_CONNECTORS_MESSAGE =
  'there is nothing to serve; expected at least one connector in connectors: or in tenants.<name>.connectors';

function bindDeployment(
  file: string,
  read: YamlReadResult,
  secrets: string[],
  problems: ConfigProblems,
): Deployment {
  const binder = new SettingsBinder(read.locations, problems);
  const {
    deployment: name,
    listen,
    docs,
    console,
    operators,
    ...owners
  } = binder.bind(DeploymentFile, read.value, []);
  const store = parseStoreLocation(owners.store, binder);
  const keyParser = new ApiKeyParser(binder);
  const operatorKeys = keyParser.parseOperatorKeys(operators.apiKeys, ['operators', 'apiKeys']);
  const builder = new ConnectorConfigBuilder(binder, keyParser, plugins, new PluginPackages(file));
  const formance = parseFormanceSettings(owners.formance, binder, ['formance']);
  builder.addConnectors(owners.connectors, ['connectors'], { formance });
  const owner = { connectors: listConnectorNames(builder, undefined) };
  const policies = parsePolicies(owners.reconciliation, owner, binder, ['reconciliation']);
  const alerts = parseAlerts(owners.alerts, binder, ['alerts']);
  const tenants = addTenants(owners.tenants, binder, builder, keyParser, formance);
  policies.push(...tenants.policies);
  operatorKeys.push(...tenants.operatorKeys);
  if (builder.connectors.length === 0 && problems.count === 0)
    binder.reportProblem([], NO_CONNECTORS_MESSAGE);
  return {
    ...{ file, ...(name === undefined ? {} : { name }), listen: { ...listen }, store },
    ...{ connectors: builder.connectors, operatorKeys, policies, docs, console, secrets },
    ...(alerts.channels.length > 0 && { alerts }),
  };
}

/**
 * Adds the tenants of the file with their connectors.
 * @returns the policies and the operator keys of the tenants
 */
function addTenants(
  tenants: unknown,
  binder: SettingsBinder,
  builder: ConnectorConfigBuilder,
  keyParser: ApiKeyParser,
  deploymentFormance: FormanceConfig | undefined,
): { policies: ReconciliationPolicyConfig[]; operatorKeys: OperatorKey[] } {
  const found = { policies: [] as ReconciliationPolicyConfig[], operatorKeys: [] as OperatorKey[] };
  if (!isPlainObject(tenants)) return found;
  for (const [name, entry] of Object.entries(tenants)) {
    const path = ['tenants', name];
    builder.checkTenantName(name, path);
    if (entry === undefined) continue;
    const {
      connectors,
      operators,
      formance: settings,
      reconciliation,
    } = binder.bind(TenantEntry, entry, path);
    const formance = parseFormanceSettings(settings, binder, [...path, 'formance']) ?? deploymentFormance;
    found.operatorKeys.push(
      ...keyParser.parseOperatorKeys(operators.apiKeys, [...path, 'operators', 'apiKeys'], name),
    );
    builder.addConnectors(connectors, [...path, 'connectors'], { tenant: name, formance });
    const owner = { tenant: name, connectors: listConnectorNames(builder, name) };
    found.policies.push(...parsePolicies(reconciliation, owner, binder, [...path, 'reconciliation']));
  }
  return found;
}

function listConnectorNames({ connectors }: ConnectorConfigBuilder, tenant: string | undefined): string[] {
  return connectors.filter((connector) => connector.tenant === tenant).map(({ name }) => name);
}
