/**
 * Mutation testing of the suite. Each test runs the whole suite on a copy of the reference plugin with one mistake. The suite must detect
 * the mistake.
 */
import { createMutationRunner } from './mutation-runner.js';
import type { MutationRunner } from './mutation-runner.js';
import { MUTATIONS } from './mutations.js';

/** The timeout in ms for one mutated plugin. If its listing never ends, it reaches the timeout of several checks. */
const MAX_MUTANT_MS = 180_000;

let runner: MutationRunner;
const reportLines: string[] = [];

beforeAll(() => {
  runner = createMutationRunner();
});

afterAll(() => {
  runner.close();
  console.log(`mistakes, and the checks that failed:\n${reportLines.join('\n')}`);
});

it('there are at least 60 mistakes, each with a name of its own', () => {
  expect(new Set(MUTATIONS.map(({ description }) => description)).size).toBe(MUTATIONS.length);
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(60);
});

it(
  'the plugin without a mistake passes the whole suite',
  async () => {
    expect(await runner.runSuite(undefined)).toEqual([]);
  },
  MAX_MUTANT_MS,
);

it.each(MUTATIONS.map((mutation) => [mutation.description, mutation] as const))(
  '%s',
  async (_, mutation) => {
    const failures = await runner.runSuite(mutation);
    const names = failures.map(({ check }) => check);
    const named = failures.find(({ check }) => check === mutation.detectedBy);
    reportLines.push(`- ${mutation.description}\n    ${names.join('; ')}: ${named?.why.split('\n')[0]}`);
    expect(names).toContain(mutation.detectedBy);
    // The mutated plugin must be executable. Otherwise any check would fail, and the test would prove nothing.
    expect(named?.why).not.toMatch(/ReferenceError|SyntaxError|is not a function/);
  },
  MAX_MUTANT_MS,
);
