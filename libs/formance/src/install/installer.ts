/**
 * Installs the connectors of a deployment in Formance, and updates existing connectors. It never uninstalls and never resets a connector,
 * because both would give the connector a new id. Formance would then read everything again, and static pools would lose the connector's
 * accounts.
 */
import { FormanceError } from '../http/formance-error.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { InstalledConnector } from '../payments/payments.types.js';
import { findNameProblem, type DesiredConnector } from './desired-connector.js';
import { findInstalledConnector } from './find-installed.js';
import { planInstallation, type ConfigChange, type InstallationPlan } from './plan-installation.js';

export interface InstallerOptions {
  /** True: only return what would be done, and change nothing. */
  isDryRun: boolean;
  /** True: send the first key of the deployment file to Formance, even if Formance has another key that the gateway accepts. */
  isRotatingKeys?: boolean;
  /**
   * Creates an API key for a connector for which the deployment file has only hashes. Without this function, such a connector is not
   * installed.
   */
  createKey?: () => string;
}

/** The action for one connector. In a dry run: the action that would be done. */
export interface InstallResult {
  path: string;
  name: string;
  outcome: 'installed' | 'updated' | 'unchanged' | 'blocked' | 'failed';
  /** Id in Formance; absent if the connector is not installed. */
  connectorId?: string;
  changes: readonly ConfigChange[];
  /** Sentences for people: information, and remaining steps. */
  notes: readonly string[];
}

/**
 * Maximum number of attempts. The server rejects an installation at most twice for reasons that this class can remove: the minimum period,
 * and a connector that already exists.
 */
const MAX_ATTEMPTS = 4;
const MINIMUM_PERIOD_PATTERN = /polling period cannot be lower than minimum of (\S+?)[.,]?(?:\s|$)/;

export class Installer {
  #minimumPeriod: string | undefined;

  constructor(
    private readonly client: PaymentsClient,
    private readonly options: InstallerOptions,
  ) {}

  /**
   * Installs or updates the connectors, one after the other. If a connector fails, the others are still processed.
   * @throws FormanceError if the list of connectors cannot be read from Formance
   */
  async run(connectors: readonly DesiredConnector[]): Promise<InstallResult[]> {
    let installed = await this.#listInstalled();
    const results: InstallResult[] = [];
    for (const desired of connectors) {
      results.push(await this.#installOne(desired, installed));
      // A connector that was just installed may have the same name as a later connector, so the list is read again.
      if (!this.options.isDryRun && results.at(-1)?.outcome === 'installed')
        installed = await this.#listInstalled();
    }
    return results;
  }

  async #installOne(
    desired: DesiredConnector,
    listed: readonly InstalledConnector[],
  ): Promise<InstallResult> {
    const nameProblem = findNameProblem(desired);
    if (nameProblem !== undefined) return createResult(desired, 'blocked', { notes: [nameProblem] });
    try {
      return await this.#attempt(desired, listed);
    } catch (error) {
      if (!(error instanceof FormanceError)) throw error;
      return createResult(desired, 'failed', { notes: [error.message] });
    }
  }

  /** Repeats the comparison after a rejection that gives new information about the server. */
  async #attempt(desired: DesiredConnector, listed: readonly InstalledConnector[]): Promise<InstallResult> {
    let installed = listed;
    let isUnanswered = false;
    for (let attempt = 1; ; attempt += 1) {
      const found = findInstalledConnector(desired, installed);
      if (found.kind === 'ambiguous') return createResult(desired, 'blocked', { notes: [found.reason] });
      const existing = found.kind === 'found' ? found.connector : undefined;
      const current = existing && (await this.client.getGenericConfig(existing.id));
      const plan = planInstallation(desired, current, {
        minimumPeriod: this.#minimumPeriod,
        createKey: this.options.createKey,
        isDryRun: this.options.isDryRun,
        isRotatingKeys: this.options.isRotatingKeys ?? false,
      });
      const duplicates = found.kind === 'found' ? found.duplicates.map(describeDuplicate) : [];
      const notes = [...('notes' in plan ? plan.notes : [plan.reason]), ...duplicates];
      if (isUnanswered) notes.unshift(UNANSWERED_NOTE);
      try {
        return await this.#apply(desired, plan, existing?.id, notes, isUnanswered);
      } catch (error) {
        if (!(error instanceof FormanceError) || attempt >= MAX_ATTEMPTS) throw error;
        if (error.kind === 'unknown-outcome') isUnanswered = true;
        else if (error.kind !== 'conflict' && !this.#learnMinimumPeriod(error)) throw error;
        installed = await this.#listInstalled();
        // A conflict or a lost response means that the connector exists. If it does not exist, a repeat could install it twice.
        const isExplained =
          error.kind === 'rejected' || findInstalledConnector(desired, installed).kind !== 'absent';
        if (!isExplained) throw error;
      }
    }
  }

  async #apply(
    desired: DesiredConnector,
    plan: InstallationPlan,
    connectorId: string | undefined,
    notes: readonly string[],
    isUnanswered: boolean,
  ): Promise<InstallResult> {
    const id = connectorId === undefined ? {} : { connectorId };
    const { isDryRun } = this.options;
    switch (plan.action) {
      case 'blocked':
        return createResult(desired, 'blocked', { ...id, notes });
      case 'none':
        return createResult(desired, isUnanswered ? 'installed' : 'unchanged', { ...id, notes });
      case 'update':
        if (!isDryRun && connectorId !== undefined)
          await this.client.updateGenericConfig(connectorId, plan.config);
        return createResult(desired, 'updated', { ...id, notes, changes: plan.changes });
      case 'install': {
        if (isDryRun) return createResult(desired, 'installed', { notes });
        const installedId = await this.client.installGeneric(plan.config);
        return createResult(desired, 'installed', { connectorId: installedId, notes });
      }
    }
  }

  /** Returns true if the rejection contains a minimum period that is not known yet. */
  #learnMinimumPeriod(error: FormanceError): boolean {
    const minimum = MINIMUM_PERIOD_PATTERN.exec(error.message)?.[1];
    if (minimum === undefined || minimum === this.#minimumPeriod) return false;
    this.#minimumPeriod = minimum;
    return true;
  }

  async #listInstalled(): Promise<InstalledConnector[]> {
    const connectors: InstalledConnector[] = [];
    for await (const connector of this.client.listConnectors()) connectors.push(connector);
    return connectors;
  }
}

const UNANSWERED_NOTE =
  'Formance did not answer the installation, although it has the connector. This happens when no Formance worker runs. Start the worker; without it nothing is polled';

function describeDuplicate({ name, id }: InstalledConnector): string {
  return `Formance has another connector that reads the same endpoint, ${JSON.stringify(name)} (${id}): each payment is there twice. Uninstall one of them in Formance`;
}

function createResult(
  { path, name }: DesiredConnector,
  outcome: InstallResult['outcome'],
  others: { connectorId?: string; notes: readonly string[]; changes?: readonly ConfigChange[] },
): InstallResult {
  return { path, name, outcome, changes: [], ...others };
}
