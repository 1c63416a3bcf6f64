/** The test runner that runs the suite: jest, or vitest with globals, if it runs; otherwise Node's own (`node --test`). */
type Body = () => void | Promise<void>;

export interface TestRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: Body, timeoutMs?: number): void;
  skip(name: string): void;
}

/** The globals of jest and vitest. */
interface GlobalRunner {
  describe?: (name: string, body: () => void) => void;
  it?: {
    (name: string, body: Body, timeoutMs?: number): void;
    skip(name: string, body: Body): void;
  };
}

export function getTestRunner(): TestRunner {
  const { describe, it } = globalThis as GlobalRunner;
  if (describe !== undefined && it !== undefined) {
    return { describe, test: it, skip: (name) => it.skip(name, () => undefined) };
  }
  const node = process.getBuiltinModule('node:test');
  return {
    describe: (name, body) => void node.describe(name, body),
    test: (name, body, timeoutMs) =>
      void node.it(name, timeoutMs === undefined ? {} : { timeout: timeoutMs }, body),
    skip: (name) => void node.it.skip(name),
  };
}
