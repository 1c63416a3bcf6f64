/** Builds the configuration of each connector from its entry in the deployment file. */
import { createHash } from 'node:crypto';
import { isDirectorySetting, type Plugin } from '@tributary/connector-api';
import type { ApiKeyParser } from '../settings/api-key-parser.js';
import type { SettingsBinder } from '../settings/settings-binder.js';
import type {
  ConnectorConfig,
  DirectorySetting,
  ValueLocation,
} from '../settings/loaded-deployment.types.js';
import { ConnectorEntry } from '../settings/deployment-file-settings.js';
import { suggestSimilarName } from '../settings/suggest-similar-name.js';
import { parseDuration } from '../settings/duration.js';
import {
  isReservedName,
  NAME_PATTERN,
  NAME_RULE_MESSAGE,
  RESERVED_NAMES,
  RESERVED_TENANT_CONNECTOR_NAMES,
} from '../settings/name-patterns.js';
import { parseBalanceValidity } from '../settings/balance-settings.js';
import type { FormanceConfig } from '../settings/formance-settings.js';
import { parseOrderLimits } from '../settings/order-settings.js';
import { formatPathForMessage, type ConfigPath } from '../file/value-path.js';
import { PACKAGE_NAME_PATTERN, PluginPackageError, type PluginPackages } from './plugin-packages.js';
import { isPlainObject } from '../settings/settings-metadata.js';
import { describeString } from '../file/describe-value.js';

/** The properties that all connectors of a tenant share. */
export interface ConnectorOwner {
  tenant?: string;
  formance: FormanceConfig | undefined;
}

export class ConnectorConfigBuilder {
  readonly connectors: ConnectorConfig[] = [];
  /** The first place in the file where each connector path is used. It is used to report a path that occurs twice. */
  readonly #firstUses = new Map<string, ConfigPath>();
  /** The place in the file of each original path. */
  readonly #originalPaths = new Map<string, ConfigPath>();

  constructor(
    private readonly binder: SettingsBinder,
    private readonly keyParser: ApiKeyParser,
    private readonly plugins: readonly Plugin[],
    private readonly packages: PluginPackages,
  ) {}

  /**
   * Adds the connectors of one list and reports each invalid entry as a problem.
   * @param owner the tenant, absent for the default tenant, and the Formance that reads the connectors
   */
  addConnectors(entries: unknown, path: ConfigPath, owner: ConnectorOwner): void {
    if (!Array.isArray(entries)) return;
    entries.forEach((entry: unknown, index) => {
      if (entry !== undefined) this.#addConnector(entry, [...path, index], owner);
    });
  }

  /**
   * Reports a tenant name that is invalid, reserved, or already used by a connector. A tenant and a connector cannot have the same name,
   * because both names are the first segment of a URL.
   */
  checkTenantName(name: string, path: ConfigPath): void {
    if (!NAME_PATTERN.test(name)) {
      this.binder.reportNameProblem(path, `the name of a tenant ${NAME_RULE_MESSAGE}`);
    }
    this.#checkReservedName(name, path);
    const connector = this.#firstUses.get(name);
    if (connector) {
      this.binder.reportNameProblem(
        path,
        `found the same name as the connector ${formatPathForMessage(connector.slice(0, -1))}: its URLs /${name}/accounts and so on ` +
          'would be mixed with those of the tenant. Rename one of them',
      );
    }
  }

  #addConnector(entry: unknown, path: ConfigPath, { tenant, formance }: ConnectorOwner): void {
    const {
      name,
      plugin: pluginName,
      apiKeys,
      sync,
      balances,
      orders,
      formanceName,
      originalName,
      settings,
    } = this.binder.bind(ConnectorEntry, entry, path);
    const plugin = this.#findPlugin(pluginName, [...path, 'plugin']);
    const boundSettings = plugin && this.binder.bind(plugin.settings, settings, [...path, 'settings']);
    const owner = tenant === undefined ? 'the default tenant' : `tenant ${tenant}`;
    const parsedKeys = this.keyParser.parseConnectorKeys(apiKeys, [...path, 'apiKeys'], owner);
    const limits = parseOrderLimits(orders, this.binder, [...path, 'orders']);
    const connectorPath = this.#registerPath(name, [...path, 'name'], tenant);
    const originalPath = this.#registerOriginalPath(originalName, [...path, 'originalName'], tenant);
    if (!plugin || !boundSettings || connectorPath === undefined) return;
    const balanceValidity = parseBalanceValidity(balances);
    const directories = this.#listDirectories(boundSettings, [...path, 'settings']);
    this.connectors.push({
      ...(tenant !== undefined && { tenant }),
      name,
      path: connectorPath,
      ...(originalPath !== undefined && { originalPath }),
      plugin,
      settings: boundSettings,
      ...(directories.length > 0 && { directories }),
      apiKeys: parsedKeys,
      ...(formance !== undefined && { formance }),
      ...(formanceName !== undefined && { formanceName }),
      ...(balanceValidity !== undefined && { balanceValidity }),
      orders: limits,
      ...(this.binder.hasUnreadSecret([...path, 'settings']) && { hasUnreadSettings: true }),
      ...(isPlainObject(entry) &&
        entry['orders'] !== undefined && { ordersLocation: this.#locatePropertyName([...path, 'orders']) }),
      syncIntervalMs: parseDuration(sync.every) ?? 0,
      fingerprint: fingerprintConnector(entry),
    });
  }

  #listDirectories(settings: object, path: ConfigPath): DirectorySetting[] {
    return Object.entries(settings).flatMap(([property, value]: [string, unknown]) => {
      if (typeof value !== 'string' || !isDirectorySetting(settings, property)) return [];
      const valuePath = [...path, property];
      const position = this.binder.findLocation(valuePath);
      return {
        directory: value,
        found: this.binder.describeFound(value, valuePath),
        location: {
          path: valuePath,
          ...(position && { position: { line: position.line, column: position.column } }),
        },
      };
    });
  }

  #locatePropertyName(path: ConfigPath): ValueLocation {
    const location = this.binder.findLocation(path);
    const position = location?.namePosition ?? location;
    return { path, ...(position && { position: { line: position.line, column: position.column } }) };
  }

  #findPlugin(name: unknown, path: ConfigPath): Plugin | undefined {
    if (typeof name !== 'string') return undefined;
    if (PACKAGE_NAME_PATTERN.test(name)) return this.#loadPlugin(name, path);
    const plugin = this.plugins.find((candidate) => candidate.name === name);
    if (!plugin) {
      const known = this.plugins.map((candidate) => candidate.name);
      const hint = suggestSimilarName(name, known) || ` The plugins are ${known.join(', ')}.`;
      this.binder.reportProblem(
        path,
        `${this.binder.describeFound(name, path)}; there is no such plugin.${hint}`,
      );
    }
    return plugin;
  }

  #loadPlugin(name: string, path: ConfigPath): Plugin | undefined {
    try {
      return this.packages.load(name);
    } catch (error) {
      if (!(error instanceof PluginPackageError)) throw error;
      this.binder.reportProblem(path, `${this.binder.describeFound(name, path)}; ${error.message}`);
      return undefined;
    }
  }

  #registerPath(name: unknown, path: ConfigPath, tenant: string | undefined): string | undefined {
    if (typeof name !== 'string' || !NAME_PATTERN.test(name)) return undefined;
    const connectorPath = joinPath(tenant, name);
    if (tenant === undefined) this.#checkReservedName(name, path);
    else this.#checkResourceName(name, path);
    const first = this.#firstUses.get(connectorPath);
    if (first) {
      this.binder.reportProblem(
        path,
        `found ${describeString(name)}, the same name as ${formatPathForMessage(first)}: both would be mounted at /${connectorPath}. Rename one of them`,
      );
    } else this.#firstUses.set(connectorPath, path);
    this.#checkSharedOrderIds(name, path, this.#originalPaths.get(connectorPath));
    return connectorPath;
  }

  #registerOriginalPath(name: unknown, path: ConfigPath, tenant: string | undefined): string | undefined {
    if (typeof name !== 'string' || !NAME_PATTERN.test(name)) return undefined;
    const originalPath = joinPath(tenant, name);
    const other = this.#firstUses.get(originalPath) ?? this.#originalPaths.get(originalPath);
    this.#checkSharedOrderIds(name, path, other);
    this.#originalPaths.set(originalPath, path);
    return originalPath;
  }

  /** Reports a name from which the ids of the orders of two connectors would be derived. */
  #checkSharedOrderIds(name: string, path: ConfigPath, other: ConfigPath | undefined): void {
    if (other)
      this.binder.reportProblem(
        path,
        `found ${describeString(name)}, the same name as ${formatPathForMessage(other)}: the ids of the orders of both connectors would be derived from it. Choose another name`,
      );
  }

  #checkReservedName(name: string, path: ConfigPath): void {
    if (isReservedName(name)) {
      const all = RESERVED_NAMES.join(', ');
      this.binder.reportProblem(
        path,
        `/${name} belongs to the gateway itself. Take a name other than ${all}`,
      );
    }
  }

  #checkResourceName(name: string, path: ConfigPath): void {
    if (RESERVED_TENANT_CONNECTOR_NAMES.includes(name)) {
      const names = RESERVED_TENANT_CONNECTOR_NAMES.join(', ');
      this.binder.reportProblem(
        path,
        `found ${describeString(name)}: expected a name other than ${names}: these are paths of a connector, so no connector of a tenant can have them`,
      );
    }
  }
}

function joinPath(tenant: string | undefined, name: string): string {
  return tenant === undefined ? name : `${tenant}/${name}`;
}

/**
 * Returns a hash of the entry without its keys and its name in Formance. These two can change while the connector goes on. References in
 * the entry are resolved, so a new secret gives a new hash.
 */
function fingerprintConnector(entry: unknown): string {
  const kept = isPlainObject(entry)
    ? Object.entries(entry).filter(([name]) => name !== 'apiKeys' && name !== 'formanceName')
    : [];
  return createHash('sha256').update(JSON.stringify(kept)).digest('hex');
}
