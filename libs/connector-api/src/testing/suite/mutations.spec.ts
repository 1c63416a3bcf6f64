/** Mutation testing of the suite: applies each mutation to a copy of the reference plugin. The suite must detect it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from '@tributary/connector-api';
import { startReferenceFixture, WEBHOOK_SECRET } from '../reference/reference.fake.js';
import { MUTATIONS } from './mutations.js';
import type { Mutation } from './mutation.js';
import { getApplicableChecks, runCheck } from './run-checks.js';
import type { PspSuiteOptions } from './suite.types.js';

const REFERENCE = join(import.meta.dirname, '../reference');
const SUITE: PspSuiteOptions = {
  directory: REFERENCE,
  settings: { apiKey: 'key-of-the-reference', webhookSecret: WEBHOOK_SECRET },
  createFixture: startReferenceFixture,
};

let directory: string;
const reportLines: string[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mutants-'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  symlinkSync(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  console.log(`mistakes, and the checks that failed:\n${reportLines.join('\n')}`);
});

async function createMutant(mutant: Mutation, name: string): Promise<Plugin> {
  const copy = join(directory, name);
  cpSync(REFERENCE, copy, { recursive: true });
  const file = join(copy, mutant.file);
  let text = readFileSync(file, 'utf8');
  for (const [code, by] of [
    [mutant.original, mutant.replacement] as const,
    ...(mutant.additionalReplacements ?? []),
  ]) {
    expect({ mistake: mutant.description, found: text.split(code).length - 1 }).toEqual({
      mistake: mutant.description,
      found: 1,
    });
    text = text.replace(code, () => by);
  }
  writeFileSync(file, text);
  const { reference } = (await import(join(copy, 'index.ts'))) as { reference: Plugin };
  return reference;
}

it('there are at least 60 mistakes, each with a name of its own', () => {
  expect(new Set(MUTATIONS.map(({ description }) => description)).size).toBe(MUTATIONS.length);
  expect(MUTATIONS.length).toBeGreaterThanOrEqual(60);
});

it.each(MUTATIONS.map((mutant, index) => [mutant.description, mutant, index] as const))(
  '%s',
  async (_, mutant, index) => {
    const plugin = await createMutant(mutant, `mutant-${index}`);
    const check = getApplicableChecks(plugin).find(({ name }) => name === mutant.detectedBy);
    expect(check?.name).toBe(mutant.detectedBy);
    const result = await runCheck(check!, plugin, SUITE);
    const why = result.outcome === 'failed' ? result.why : '';
    reportLines.push(`- ${mutant.description}\n    ${mutant.detectedBy}: ${why.split('\n')[0]}`);
    expect(result.outcome).toBe('failed');
    // The mutant must run. Any check would detect code that does not run.
    expect(why).not.toMatch(/ReferenceError|SyntaxError|is not a function/);
  },
);
