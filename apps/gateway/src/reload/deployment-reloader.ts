/**
 * Reloads the deployment file while the gateway runs: after SIGHUP, a request of an operator, or a change of the file if the gateway watches
 * it. It also reads the secrets again when a PSP rejects credentials. Reloads run one after the other. A reload is applied completely, or it
 * changes nothing and says why.
 */
import type { AuditEntry } from '@tributary/feed';
import { createHash } from 'node:crypto';
import { Counter, Gauge, type Registry } from 'prom-client';
import {
  ConfigError,
  fingerprintSources,
  loadDeploymentWithSecrets,
  type Deployment,
  type LoadedDeployment,
  type StaleSecret,
} from '../config/index.js';
import type { Logger, SecretRedactor } from '../logging/index.js';
import { assertLimitsApplicable } from '../mount/assert-limits-applicable.js';
import { compareConnectors, findRestartSettings, type ConnectorChanges } from './compare-deployments.js';
import { serializeDeployment } from './serialize-deployment.js';

export const RELOAD_TRIGGERS = ['signal', 'api', 'file-watch', 'credentials'] as const;
export type ReloadTrigger = (typeof RELOAD_TRIGGERS)[number];
export const RELOAD_OUTCOMES = ['applied', 'unchanged', 'refused'] as const;
export type ReloadOutcome = (typeof RELOAD_OUTCOMES)[number];

export interface ReloadResult {
  outcome: ReloadOutcome;
  trigger: ReloadTrigger;
  at: number;
  /** What was changed. All lists are empty unless the outcome is `applied`. */
  connectors: ConnectorChanges;
  /** Why the file was refused: the lines that `tributary check` prints. */
  problems: string[];
  /** The secrets that could not be read again, so that their earlier values are used. */
  staleSecrets: StaleSecret[];
}

/** The deployment file that the gateway serves, and the last reload. */
export interface ReloadState {
  file: string;
  /** The first digits of the SHA-256 of the file's text. Gateways with the same file have the same fingerprint. */
  fingerprint: string;
  loadedAt: number;
  staleSecrets: readonly StaleSecret[];
  lastReload: ReloadResult | undefined;
}

/** The operator who requests a reload, for the audit log. */
export type ReloadAuthor = Pick<AuditEntry, 'by' | 'via'>;

export interface ReloaderParts {
  logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  registry: Registry;
  redactor: SecretRedactor;
  /**
   * Serves another deployment.
   * @param beforeSwap called when nothing but itself can fail any more
   * @throws Error if the deployment cannot be served. Then nothing was changed
   */
  apply: (deployment: Deployment, beforeSwap: () => Promise<void>) => Promise<void>;
  recordAuditEvent: (entry: AuditEntry) => Promise<void>;
  now?: () => number;
}

/** The minimum time in ms between two reads of the secrets because of rejected credentials. */
const MIN_REFRESH_INTERVAL_MS = 60_000;
const FINGERPRINT_DIGITS = 12;
const NO_CHANGES: ConnectorChanges = { added: [], changed: [], removed: [] };

export class DeploymentReloader {
  private queue: Promise<unknown> = Promise.resolve();
  private lastReload: ReloadResult | undefined;
  private lastRefreshAt = -Infinity;
  private loadedAt: number;
  private watchTimer: NodeJS.Timeout | undefined;
  private watchedSources: string | undefined;
  private isStopped = false;
  private readonly now: () => number;
  private readonly reloads: Counter<'trigger' | 'outcome'>;

  /**
   * @param loaded the load of the file with which the gateway started
   * @param served the deployment that is served. Its address can differ from the file because of command line options
   */
  constructor(
    private loaded: LoadedDeployment,
    private served: Deployment,
    private readonly parts: ReloaderParts,
  ) {
    this.now = parts.now ?? Date.now;
    this.loadedAt = this.now();
    this.reloads = new Counter({
      name: 'tributary_deployment_reloads_total',
      help: 'Reloads of the deployment file, by what caused them and how they ended',
      labelNames: ['trigger', 'outcome'],
      registers: [parts.registry],
    });
    this.registerGauges(parts.registry);
  }

  get state(): ReloadState {
    return {
      ...{ file: this.served.file, fingerprint: this.fingerprint, loadedAt: this.loadedAt },
      ...{ staleSecrets: this.loaded.staleSecrets, lastReload: this.lastReload },
    };
  }

  /** Starts the watch of the file, if the file has `reload.watch`. */
  start(): void {
    const { watchIntervalMs, file } = this.served;
    if (watchIntervalMs === undefined || this.watchTimer !== undefined) return;
    this.watchedSources = fingerprintSources(file);
    this.watchTimer = setInterval(() => this.checkSources(file), watchIntervalMs);
    this.watchTimer.unref();
  }

  /** Starts no further reload, and waits for the running one. */
  async stop(): Promise<void> {
    this.isStopped = true;
    clearInterval(this.watchTimer);
    await this.queue;
  }

  /** Reads the file and its secrets, and serves the new deployment. The method never throws. */
  reload(trigger: ReloadTrigger, author?: ReloadAuthor): Promise<ReloadResult> {
    return this.enqueue(() => this.run(trigger, undefined, author));
  }

  /**
   * Reads the secrets of the served deployment again, because a PSP rejected the credentials of a connector. The text of the file is not
   * read again, because it may be a draft. The method returns at once, and does nothing if the last read was less than a minute ago.
   */
  refreshSecrets(connector: string): void {
    if (this.isStopped || this.now() - this.lastRefreshAt < MIN_REFRESH_INTERVAL_MS) return;
    this.lastRefreshAt = this.now();
    this.parts.logger.info({ connector }, 'the PSP rejected the credentials; the secrets are read again');
    void this.enqueue(() => this.run('credentials', this.loaded.text));
  }

  private enqueue(work: () => Promise<ReloadResult>): Promise<ReloadResult> {
    const result = this.queue.then(work);
    this.queue = result;
    return result;
  }

  private async run(trigger: ReloadTrigger, text?: string, author?: ReloadAuthor): Promise<ReloadResult> {
    let result: ReloadResult;
    try {
      if (this.isStopped) throw new Error('the gateway is stopping');
      result = await this.loadAndApply(trigger, text, author);
    } catch (error) {
      result = this.createResult(trigger, 'refused', { problems: this.describeError(error) });
    }
    this.reloads.inc({ trigger, outcome: result.outcome });
    // A check of the secrets that found nothing new is no reload that an operator has to see.
    if (trigger !== 'credentials' || result.outcome !== 'unchanged') this.lastReload = result;
    this.log(result);
    return result;
  }

  private async loadAndApply(
    trigger: ReloadTrigger,
    text: string | undefined,
    author: ReloadAuthor | undefined,
  ): Promise<ReloadResult> {
    const { file } = this.served;
    const loaded = await loadDeploymentWithSecrets(file, {
      ...(text !== undefined && { text }),
      knownSecrets: this.loaded.knownSecrets,
    });
    this.parts.redactor.add(loaded.deployment.secrets);
    this.assertNoRestartNeeded(loaded.deployment);
    await assertLimitsApplicable(loaded.deployment);
    const { staleSecrets } = loaded;
    if (serializeDeployment(loaded.deployment) === serializeDeployment(this.loaded.deployment)) {
      this.loaded = loaded;
      return this.createResult(trigger, 'unchanged', { staleSecrets });
    }
    const connectors = compareConnectors(this.served, loaded.deployment);
    const next = { ...loaded.deployment, listen: this.served.listen };
    await this.parts.apply(next, async () => {
      if (author) await this.parts.recordAuditEvent(createAuditEntry(author, loaded.text, connectors));
    });
    this.loaded = loaded;
    this.served = next;
    this.loadedAt = this.now();
    return this.createResult(trigger, 'applied', { connectors, staleSecrets });
  }

  private assertNoRestartNeeded(next: Deployment): void {
    const settings = findRestartSettings(this.loaded.deployment, next);
    if (settings.length === 0) return;
    throw new ConfigError(
      next.file,
      settings.map((setting) => ({
        path: setting.split('.'),
        text: 'found another value than at the start, which only a restart of the gateway can change',
      })),
    );
  }

  private describeError(error: unknown): string[] {
    if (error instanceof ConfigError) return error.message.split('\n');
    const message = error instanceof Error ? error.message : String(error);
    return [this.parts.redactor.redact(message)];
  }

  private createResult(
    trigger: ReloadTrigger,
    outcome: ReloadOutcome,
    details: Partial<Pick<ReloadResult, 'connectors' | 'problems' | 'staleSecrets'>>,
  ): ReloadResult {
    return {
      ...{ outcome, trigger, at: this.now(), connectors: NO_CHANGES, problems: [], staleSecrets: [] },
      ...details,
    };
  }

  private log({ outcome, trigger, connectors, problems, staleSecrets }: ReloadResult): void {
    const { logger } = this.parts;
    const { fingerprint } = this;
    for (const { reference, reason } of staleSecrets)
      logger.warn(
        { secret: reference, reason },
        'a secret could not be read again; the gateway uses its earlier value',
      );
    if (outcome === 'refused')
      logger.error(
        { trigger, problems, fingerprint },
        'the deployment file was not reloaded; nothing was changed',
      );
    else if (outcome === 'applied')
      logger.info({ trigger, fingerprint, ...connectors }, 'the deployment file was reloaded');
    else if (trigger !== 'credentials')
      logger.info({ trigger, fingerprint }, 'the deployment file was read; it has no change');
  }

  private checkSources(file: string): void {
    const sources = fingerprintSources(file);
    if (sources === this.watchedSources) return;
    this.watchedSources = sources;
    void this.reload('file-watch');
  }

  private get fingerprint(): string {
    return fingerprintText(this.loaded.text);
  }

  private registerGauges(registry: Registry): void {
    const getState = () => this.state;
    new Gauge({
      name: 'tributary_deployment_info',
      help: '1 for the fingerprint of the deployment file that this gateway serves',
      labelNames: ['fingerprint'],
      registers: [registry],
      collect() {
        this.reset();
        this.set({ fingerprint: getState().fingerprint }, 1);
      },
    });
    new Gauge({
      name: 'tributary_stale_secrets',
      help: 'Secrets that could not be read again, so that their earlier values are used',
      registers: [registry],
      collect() {
        this.set(getState().staleSecrets.length);
      },
    });
  }
}

function fingerprintText(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, FINGERPRINT_DIGITS);
}

function createAuditEntry(
  author: ReloadAuthor,
  text: string,
  { added, changed, removed }: ConnectorChanges,
): AuditEntry {
  return {
    ...author,
    action: 'deployment.reloaded',
    details: {
      fingerprint: fingerprintText(text),
      ...{ added: added.join(', '), changed: changed.join(', '), removed: removed.join(', ') },
    },
  };
}
