/** Mutation testing of the suite: runs the whole suite on a copy of the reference plugin with one mistake. The suite must detect it. */
import { createMutationRunner } from './mutation-runner.js';
import type { MutationRunner } from './mutation-runner.js';
import { MUTATIONS } from './mutations.js';

/** Timeout in ms of a mutant. A mutant whose listing never ends takes the timeout of several checks. */
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
    // The mutant must run, because any check would detect code that does not run.
    expect(named?.why).not.toMatch(/ReferenceError|SyntaxError|is not a function/);
  },
  MAX_MUTANT_MS,
);
