import type { Plugin } from '../../plugin.js';
import { PluginHarness } from './plugin-harness.js';
import { ManualClock } from './manual-clock.js';
import type { PspSuiteOptions, PspFixtureOptions } from './suite.types.js';

/** The context of one check: the plugin under test, and a function that creates independent test harnesses. */
export class CheckContext {
  private readonly harnesses: PluginHarness[] = [];

  constructor(
    readonly plugin: Plugin,
    readonly suite: PspSuiteOptions,
  ) {}

  /** Creates a harness with a new fake PSP. At this point, the plugin has not listed anything yet. */
  async createHarness(pageSize: PspFixtureOptions['pageSize'] = 'largest'): Promise<PluginHarness> {
    const clock = new ManualClock();
    const fixture = await this.suite.createFixture({ clock, pageSize });
    const harness = new PluginHarness(
      this.plugin,
      { ...this.suite.settings, ...fixture.settings },
      fixture,
      clock,
    );
    this.harnesses.push(harness);
    return harness;
  }

  /** Returns the strings that must never appear in any output. */
  getSecrets(harness: PluginHarness): string[] {
    return [
      ...(this.suite.secrets ?? findSecretSettings(this.suite.settings)),
      ...(harness.fixture.secrets ?? []),
    ];
  }

  /**
   * Closes all harnesses.
   * @throws Error with the problems that a fake PSP detected
   */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.harnesses.map((harness) => harness.close()));
    const failed = closed.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

const SECRET_NAME_PATTERN = /key|secret|token|password|passphrase/i;

function findSecretSettings(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    SECRET_NAME_PATTERN.test(name) && typeof value === 'string' && value !== '' ? [value] : [],
  );
}
