/** Loads the deployment file: reads the YAML, resolves references, reads secrets from their sources and validates the settings. */
import type { OperatorKey } from '@tributary/auth';
import { createHash } from 'node:crypto';
import { plugins } from '@tributary/psp-plugins';
import { ApiKeyParser } from './settings/api-key-parser.js';
import { SettingsBinder } from './settings/settings-binder.js';
import { ConnectorConfigBuilder } from './plugins/connector-config-builder.js';
import type { Deployment } from './settings/loaded-deployment.types.js';
import { parseDeploymentOrderSettings } from './settings/deployment-order-settings.js';
import { DeploymentFile, TenantEntry } from './settings/deployment-file-settings.js';
import { parseFormanceSettings, type FormanceConfig } from './settings/formance-settings.js';
import { PluginPackages } from './plugins/plugin-packages.js';
import { ConfigError, ConfigProblems } from './file/config-problems.js';
import { readDeploymentFile } from './file/read-deployment-file.js';
import type { Environment } from './file/references.js';
import {
  readRemoteSecrets,
  RemoteSecrets,
  type KnownSecrets,
  type StaleSecret,
} from './secrets/remote-secrets.js';
import type { SecretReference, SecretScheme } from './secrets/secret-reference.js';
import type { SecretSource } from './secrets/secret-source.js';
import { createSecretSources } from './secrets/secret-source-types.js';
import { SecretsSettings } from './secrets/secrets-settings.js';
import { collectSecrets, redactSecrets } from './file/secret-redactor.js';
import { isPlainObject } from './settings/settings-metadata.js';
import { parseAlerts } from './settings/alert-parser.js';
import { parseWatchInterval } from './settings/reload-settings.js';
import { parseStoreLocation } from './settings/store-settings.js';
import { parsePolicies, type ReconciliationPolicyConfig } from './settings/reconciliation-parser.js';
import { readYaml, type YamlReadResult } from './file/yaml-reader.js';

/**
 * Loads and validates a deployment file without references to secret sources.
 * @param file path of the YAML file. This path and the paths in the file are relative to the working directory
 * @throws ConfigError with all problems of the file
 */
export function loadDeployment(file: string, environment: Environment = process.env): Deployment {
  const deployment = parseDeployment({ file, text: readDeploymentFile(file), environment });
  const [unread] = deployment.unreadSecrets ?? [];
  if (unread !== undefined)
    throw new ConfigError(file, [{ path: [], text: `the secret ${unread} was not requested` }]);
  return deployment;
}

export interface LoadOptions {
  environment?: Environment;
  /** The text of the file, if the caller has read it. */
  text?: string;
  /** The values of references in an earlier load. If a secret cannot be read now, its earlier value is used. */
  knownSecrets?: KnownSecrets;
}

/** A loaded deployment with the data that the next load needs. */
export interface LoadedDeployment {
  deployment: Deployment;
  /** The text of the deployment file. */
  text: string;
  /** The values of the references to secret sources. */
  knownSecrets: KnownSecrets;
  /** The references whose earlier values are used, because they cannot be read now. */
  staleSecrets: StaleSecret[];
}

/**
 * Loads and validates the deployment file, and reads its secrets from their sources.
 * @throws ConfigError with all problems of the file. A secret that cannot be read is a problem, unless an earlier value is known
 */
export async function loadDeploymentWithSecrets(
  file: string,
  { environment = process.env, text = readDeploymentFile(file), knownSecrets = new Map() }: LoadOptions = {},
): Promise<LoadedDeployment> {
  const source = { file, text, environment };
  const { references, sources } = findSecretReferences(source);
  const { secrets, stale } = await readRemoteSecrets(references, sources, knownSecrets);
  return {
    deployment: parseDeployment(source, new RemoteSecrets(secrets)),
    ...{ text, staleSecrets: stale },
    knownSecrets: new Map(
      [...secrets].flatMap(([reference, secret]) =>
        secret.kind === 'value' ? [[reference, secret.value] as const] : [],
      ),
    ),
  };
}

/**
 * Loads and validates the deployment file without requests to secret sources. The values of such references are placeholders, and their
 * rules are not checked.
 * @throws ConfigError with all other problems of the file
 */
export function loadDeploymentWithoutSecrets(
  file: string,
  environment: Environment = process.env,
): Deployment {
  return parseDeployment({ file, text: readDeploymentFile(file), environment });
}

/**
 * Returns a hash of everything on this machine that a load of the file reads: its text, and the files and variables that it refers to. The
 * hash must stay in memory, because it depends on secrets.
 * @returns a hash of the error if the file cannot be read
 */
export function fingerprintSources(file: string, environment: Environment = process.env): string {
  const hash = createHash('sha256');
  try {
    const text = readDeploymentFile(file);
    const problems = new ConfigProblems();
    const { locations } = readYaml(text, environment, problems);
    const secrets = [...locations.values()].flatMap((location) => location.secrets);
    hash.update(JSON.stringify([text, secrets, problems.sorted()]));
  } catch (error) {
    hash.update(error instanceof Error ? error.message : String(error));
  }
  return hash.digest('hex');
}

/** The text of a deployment file, and the environment of its variables. */
interface DeploymentSource {
  file: string;
  text: string;
  environment: Environment;
}

/**
 * Finds the references to secret sources, and creates the sources. Problems are not reported here, because `parseDeployment` reports them.
 */
function findSecretReferences({ text, environment }: DeploymentSource): {
  references: SecretReference[];
  sources: ReadonlyMap<SecretScheme, SecretSource>;
} {
  const problems = new ConfigProblems();
  const remoteSecrets = new RemoteSecrets();
  const read = readYaml(text, environment, problems, remoteSecrets);
  const references = [...remoteSecrets.found.values()];
  if (problems.count > 0 || references.length === 0) return { references: [], sources: new Map() };
  const binder = new SettingsBinder(read.locations, problems);
  const settings = isPlainObject(read.value) ? (read.value['secrets'] ?? {}) : {};
  const sources = createSecretSources(binder.bind(SecretsSettings, settings, ['secrets']), binder);
  return problems.count > 0 ? { references: [], sources: new Map() } : { references, sources };
}

function parseDeployment(
  { file, text, environment }: DeploymentSource,
  remote = new RemoteSecrets(),
): Deployment {
  const problems = new ConfigProblems();
  const read = readYaml(text, environment, problems, remote);
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
    secrets: secretSettings,
    orders,
    reload,
    ...owners
  } = binder.bind(DeploymentFile, read.value, []);
  createSecretSources(secretSettings, binder);
  const watchIntervalMs = parseWatchInterval(reload);
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
  const unreadSecrets = listUnreadSecrets(read);
  return {
    ...{ file, ...(name === undefined ? {} : { name }), listen: { ...listen }, store },
    ...{ connectors: builder.connectors, operatorKeys, policies, docs, console, secrets },
    ...(unreadSecrets.length > 0 && { unreadSecrets }),
    orders: parseDeploymentOrderSettings(orders),
    ...(watchIntervalMs !== undefined && { watchIntervalMs }),
    ...(alerts.channels.length > 0 && { alerts }),
  };
}

function listUnreadSecrets({ locations }: YamlReadResult): string[] {
  const names = [...locations.values()].flatMap(({ unread }) => (unread ? [unread.displayName] : []));
  return [...new Set(names)];
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
