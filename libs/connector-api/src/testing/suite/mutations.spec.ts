/** Mutation testing of the suite: runs the whole suite on a copy of the reference plugin with one mistake. The suite must detect it. */
import { createMutationRunner } from './mutation-runner.js';
import type { MutationRunner } from './mutation-runner.js';
import { MUTATIONS } from './mutations.js';

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

it('the plugin without a mistake passes the whole suite', async () => {
  expect(await runner.runSuite(undefined)).toEqual([]);
});

it.each(MUTATIONS.map((mutation) => [mutation.description, mutation] as const))('%s', async (_, mutation) => {
  const failures = await runner.runSuite(mutation);
  const names = failures.map(({ check }) => check);
  const named = failures.find(({ check }) => check === mutation.detectedBy);
  reportLines.push(
    `- ${mutation.description}\n    ${mutation.detectedBy}: ${named?.why.split('\n')[0]}\n    and ${names.length - 1} other checks`,
  );
  expect(names).toContain(mutation.detectedBy);
  // The mutant must run. Any check would detect code that does not run.
  expect(named?.why).not.toMatch(/ReferenceError|SyntaxError|is not a function/);
});
