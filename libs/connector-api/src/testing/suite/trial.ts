import type { Plugin } from '../../plugin.js';
import { Scene } from './scene.js';
import { SuiteClock } from './suite-clock.js';
import type { PspSuite, WorldOptions } from './suite.types.js';

/** Context of one check: the plugin under test, and a factory for independent test harnesses. */
export class Trial {
  private readonly scenes: Scene[] = [];

  constructor(
    readonly plugin: Plugin,
    readonly suite: PspSuite,
  ) {}

  /** Creates a harness with a new fake PSP. The plugin has not listed anything yet. */
  async open(pageSize: WorldOptions['pageSize'] = 'largest'): Promise<Scene> {
    const clock = new SuiteClock();
    const world = await this.suite.fake({ clock, pageSize });
    const scene = new Scene(this.plugin, { ...this.suite.config, ...world.settings }, world, clock);
    this.scenes.push(scene);
    return scene;
  }

  /** Returns the strings that must never appear in any output. */
  secrets(scene: Scene): string[] {
    return [...(this.suite.secrets ?? namedSecrets(this.suite.config)), ...(scene.world.secrets ?? [])];
  }

  /** Closes all harnesses. @throws Error with the problems that a fake PSP detected */
  async close(): Promise<void> {
    const closed = await Promise.allSettled(this.scenes.map((scene) => scene.close()));
    const failed = closed.find((result) => result.status === 'rejected');
    if (failed) throw failed.reason;
  }
}

const SECRET = /key|secret|token|password|passphrase/i;

function namedSecrets(settings: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) =>
    SECRET.test(name) && typeof value === 'string' && value !== '' ? [value] : [],
  );
}
