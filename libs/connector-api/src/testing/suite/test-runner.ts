/** Finds the test runner: Jest, or Vitest with globals, if one of them is running. Otherwise Node's own runner (`node --test`) is used. */
type Body = () => void | Promise<void>;

export interface TestRunner {
  describe(name: string, body: () => void): void;
  test(name: string, body: Body, timeoutMs?: number): void;
  skip(name: string): void;
}

/** The globals of Jest and Vitest. */
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
