/** Builds the configuration of each connector from its entry in the deployment file. */
import type { Plugin } from '@tributary/connector-api';
import type { ApiKeys } from './api-keys.js';
import type { Binder } from './binding.js';
import type { ConnectorConfig, FilePlace } from './deployment.js';
import { ConnectorEntry } from './deployment-file.js';
import { didYouMean } from './did-you-mean.js';
import { parseDuration } from './duration.js';
import { isReserved, NAME, NAME_RULE, RESERVED_NAMES, RESOURCE_NAMES } from './names.js';
import { orderLimits } from './order-settings.js';
import { formatPath, type Path } from './path.js';
import { PACKAGE_NAME, PackageProblem, type PluginPackages } from './plugin-packages.js';
import { isMapping } from './settings-class.js';
import { showText } from './shown-value.js';

export class ConnectorList {
  readonly connectors: ConnectorConfig[] = [];
  /** For each connector path, the place in the file where it was first used. */
  readonly #mounts = new Map<string, Path>();

  constructor(
    private readonly binder: Binder,
    private readonly keys: ApiKeys,
    private readonly plugins: readonly Plugin[],
    private readonly packages: PluginPackages,
  ) {}

  /**
   * Adds the connectors of one list and reports each invalid entry as a problem.
   * @param tenant absent for the default tenant
   */
  add(entries: unknown, path: Path, tenant?: string): void {
    if (!Array.isArray(entries)) return;
    entries.forEach((entry: unknown, index) => {
      if (entry !== undefined) this.#addOne(entry, [...path, index], tenant);
    });
  }

  /** Reports a tenant name that is invalid, reserved or used by a connector. Both kinds of names are the first segment of a URL. */
  checkTenant(name: string, path: Path): void {
    if (!NAME.test(name)) {
      this.binder.complainAboutKey(path, `the name of a tenant ${NAME_RULE}`);
    }
    this.#checkReserved(name, path);
    const connector = this.#mounts.get(name);
    if (connector) {
      this.binder.complainAboutKey(
        path,
        `found the same name as the connector ${formatPath(connector.slice(0, -1))}: its URLs /${name}/accounts and so on ` +
          'would be mixed with those of the tenant. Rename one of them',
      );
    }
  }

  #addOne(entry: unknown, path: Path, tenant: string | undefined): void {
    const {
      name,
      plugin: pluginName,
      apiKeys,
      sync,
      orders,
      settings,
    } = this.binder.bind(ConnectorEntry, entry, path);
    const plugin = this.#findPlugin(pluginName, [...path, 'plugin']);
    const bound = plugin && this.binder.bind(plugin.settings, settings, [...path, 'settings']);
    const owner = tenant === undefined ? 'the default tenant' : `tenant ${tenant}`;
    const opens = this.keys.parse(apiKeys, [...path, 'apiKeys'], owner);
    const limits = orderLimits(orders, this.binder, [...path, 'orders']);
    const mount = this.#mount(name, [...path, 'name'], tenant);
    if (!plugin || !bound || mount === undefined) return;
    this.connectors.push({
      ...(tenant !== undefined && { tenant }),
      name,
      path: mount,
      plugin,
      settings: bound,
      apiKeys: opens,
      orders: limits,
      ...(isMapping(entry) &&
        entry['orders'] !== undefined && { ordersAt: this.#placeOfKey([...path, 'orders']) }),
      syncEvery: parseDuration(sync.every) ?? 0,
    });
  }

  #placeOfKey(path: Path): FilePlace {
    const place = this.binder.placeOf(path);
    const position = place?.key ?? place;
    return { path, ...(position && { position: { line: position.line, column: position.column } }) };
  }

  #findPlugin(name: unknown, path: Path): Plugin | undefined {
    if (typeof name !== 'string') return undefined;
    if (PACKAGE_NAME.test(name)) return this.#loadPlugin(name, path);
    const plugin = this.plugins.find((candidate) => candidate.name === name);
    if (!plugin) {
      const known = this.plugins.map((candidate) => candidate.name);
      const hint = didYouMean(name, known) || ` The plugins are ${known.join(', ')}.`;
      this.binder.complain(path, `${this.binder.found(name, path)}; there is no such plugin.${hint}`);
    }
    return plugin;
  }

  #loadPlugin(name: string, path: Path): Plugin | undefined {
    try {
      return this.packages.load(name);
    } catch (error) {
      if (!(error instanceof PackageProblem)) throw error;
      this.binder.complain(path, `${this.binder.found(name, path)}; ${error.message}`);
      return undefined;
    }
  }

  #mount(name: unknown, path: Path, tenant: string | undefined): string | undefined {
    if (typeof name !== 'string' || !NAME.test(name)) return undefined;
    const mount = tenant === undefined ? name : `${tenant}/${name}`;
    if (tenant === undefined) this.#checkReserved(name, path);
    else this.#checkResource(name, path);
    const first = this.#mounts.get(mount);
    if (first) {
      this.binder.complain(
        path,
        `found ${showText(name)}, the same name as ${formatPath(first)}: both would be mounted at /${mount}. Rename one of them`,
      );
    } else this.#mounts.set(mount, path);
    return mount;
  }

  #checkReserved(name: string, path: Path): void {
    if (isReserved(name)) {
      const all = RESERVED_NAMES.join(', ');
      this.binder.complain(path, `/${name} belongs to the gateway itself. Take a name other than ${all}`);
    }
  }

  #checkResource(name: string, path: Path): void {
    if (RESOURCE_NAMES.includes(name)) {
      const both = RESOURCE_NAMES.join(' and ');
      this.binder.complain(
        path,
        `found ${showText(name)}: behind a tenant ${both} are no names of connectors. Take another`,
      );
    }
  }
}
