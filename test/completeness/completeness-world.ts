/**
 * Runs a connector with the completeness check, on a real store with a manual clock. It also has functions that read the results of the
 * check.
 */
import type { CompletenessDeclaration, PspClient } from '@tributary/connector-api';
import type { AccountSum, QuarantineEntry } from '@tributary/feed';
import type { SyncEngine } from '@tributary/sync';
import { SyncTestHarness } from '../../libs/sync/src/testing/sync-test-harness.js';

const PATH = 'bank';

export class CompletenessWorld {
  private constructor(
    readonly harness: SyncTestHarness,
    private readonly createEngine: () => SyncEngine,
    private engine = createEngine(),
  ) {}

  static async open(
    createClient: (clock: () => number) => PspClient,
    completeness: CompletenessDeclaration,
  ): Promise<CompletenessWorld> {
    const harness = await SyncTestHarness.open();
    const client = createClient(() => harness.clock.now());
    const connector = { path: PATH, client, pullIntervalMs: 60_000, completeness };
    // The minimum interval between two checks is disabled. A pull of a whole year is one call of the plugin, and the manual clock advances
    // too little during this call.
    return new CompletenessWorld(harness, () =>
      harness.createEngine([connector], { completenessIntervalMs: 0 }),
    );
  }

  /** Continues with a new engine, as after a restart. The new engine has only the data in the store. */
  restart(): void {
    this.engine = this.createEngine();
  }

  get now(): number {
    return this.harness.clock.now();
  }

  /**
   * Advances the clock and pulls all streams once.
   * @returns the errors of the pulls
   */
  async sync(afterMs = 60_000): Promise<string[]> {
    await this.harness.clock.advance(afterMs);
    return (await this.engine.runOnce(PATH)).flatMap(({ error }) => error ?? []);
  }

  sums(): Promise<AccountSum[]> {
    return this.harness.store.completeness(PATH).list();
  }

  /** Returns the balances that do not agree with the rows, as `account asset`. */
  async findDisagreeing(): Promise<string[]> {
    const sums = await this.sums();
    return sums
      .filter(({ check }) => check.gap ?? check.suspect)
      .map(({ accountId, asset }) => `${accountId} ${asset}`);
  }

  /** Returns the data warnings about gaps. */
  async findWarnings(): Promise<QuarantineEntry[]> {
    const entries = await this.harness.store.listQuarantine(PATH);
    return entries.filter(({ kind, id }) => kind === 'finding' && id.startsWith('completeness:'));
  }

  metric(name: string, labels: Record<string, string>): Promise<number | undefined> {
    return this.harness.readMetric(name, { connector: PATH, ...labels });
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}
