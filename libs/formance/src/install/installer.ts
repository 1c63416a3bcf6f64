/**
 * Installs the connectors of a deployment in Formance, and updates existing connectors. The class never uninstalls or resets a connector,
 * because its id would change. Formance would then read everything again, and static pools would lose the accounts of the connector.
 */
import { FormanceError } from '../http/formance-error.js';
import type { PaymentsClient } from '../payments/payments-client.js';
import type { InstalledConnector } from '../payments/payments.types.js';
import { findNameProblem, type DesiredConnector } from './desired-connector.js';
import { findInstalledConnector } from './find-installed.js';
import { planInstallation, type ConfigChange, type InstallationPlan } from './plan-installation.js';

export interface InstallerOptions {
  /** If true, the actions are only returned, and nothing is changed. */
  isDryRun: boolean;
  /** If true, the first key of the deployment file is sent to Formance, even if Formance has another key that the gateway accepts. */
  isRotatingKeys?: boolean;
  /**
   * Creates an API key for a connector whose keys are only hashes in the deployment file. Without this function, such a connector is not
   * installed.
   */
  createKey?: () => string;
}

/** The result for one connector. In a dry run, it contains the action that would be done. */
export interface InstallResult {
  path: string;
  name: string;
  outcome: 'installed' | 'updated' | 'unchanged' | 'blocked' | 'failed';
  /** The id of the connector in Formance. Absent if the connector is not installed. */
  connectorId?: string;
  changes: readonly ConfigChange[];
  /** Sentences for people: information, and steps that remain to be done. */
  notes: readonly string[];
}

/**
 * The maximum number of attempts for one connector. For two reasons, a rejected installation can succeed when it is repeated: the polling
 * period was too short, or the connector already existed. So more attempts are not useful.
 */
const MAX_ATTEMPTS = 4;
const MINIMUM_PERIOD_PATTERN =
  /polling period cannot be lower than minimum of ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+)/;

export class Installer {
  #minimumPeriod: string | undefined;

  constructor(
    private readonly client: PaymentsClient,
    private readonly options: InstallerOptions,
  ) {}

  /**
   * Installs or updates the connectors, one after the other. If one connector fails, the next ones are still processed.
   * @throws FormanceError if the list of connectors cannot be read from Formance
   */
  async run(connectors: readonly DesiredConnector[]): Promise<InstallResult[]> {
    let installed = await this.#listInstalled();
    const results: InstallResult[] = [];
    for (const desired of connectors) {
      results.push(await this.#installOne(desired, installed));
      // The list is read again, because a later connector of the deployment file may have the same name as the connector that was just
      // installed.
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

  /**
   * Compares the connector with Formance and applies the plan. After a rejection that contains new information about the server, it is done
   * again.
   */
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
        // After a conflict or a lost response, the connector must exist in Formance. If it does not, the installation is not repeated,
        // because it could then be done twice.
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

  /**
   * Reads the minimum polling period from a rejection.
   * @returns true if the rejection contains a minimum period that was not known before
   */
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
