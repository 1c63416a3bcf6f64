/** Mutation testing of the suite: applies each mutation to a copy of the reference plugin. The suite must detect it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from '@tributary/connector-api';
import { startReferenceWorld, WEBHOOK_SECRET } from '../reference/reference.fake.js';
import { MUTANTS } from './mutants.js';
import type { Mutant } from './mutants.js';
import { checksFor, runCheck } from './run-checks.js';
import type { PspSuite } from './suite.types.js';

const REFERENCE = join(import.meta.dirname, '../reference');
const SUITE: PspSuite = {
  directory: REFERENCE,
  config: { apiKey: 'key-of-the-reference', webhookSecret: WEBHOOK_SECRET },
  fake: startReferenceWorld,
};

let directory: string;
const table: string[] = [];

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mutants-'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  symlinkSync(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'));
});

afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
  console.log(`mistakes, and the checks that failed:\n${table.join('\n')}`);
});

async function breed(mutant: Mutant, name: string): Promise<Plugin> {
  const copy = join(directory, name);
  cpSync(REFERENCE, copy, { recursive: true });
  const file = join(copy, mutant.file);
  let text = readFileSync(file, 'utf8');
  for (const [code, by] of [[mutant.code, mutant.by] as const, ...(mutant.also ?? [])]) {
    expect({ mistake: mutant.mistake, found: text.split(code).length - 1 }).toEqual({
      mistake: mutant.mistake,
      found: 1,
    });
    text = text.replace(code, () => by);
  }
  writeFileSync(file, text);
  const { reference } = (await import(join(copy, 'index.ts'))) as { reference: Plugin };
  return reference;
}

it.each(MUTANTS.map((mutant, index) => [mutant.mistake, mutant, index] as const))(
  '%s',
  async (_, mutant, index) => {
    const plugin = await breed(mutant, `mutant-${index}`);
    const check = checksFor(plugin).find(({ name }) => name === mutant.caughtBy);
    expect(check?.name).toBe(mutant.caughtBy);
    const result = await runCheck(check!, plugin, SUITE);
    const why = result.outcome === 'failed' ? result.why : '';
    table.push(`- ${mutant.mistake}\n    ${mutant.caughtBy}: ${why.split('\n')[0]}`);
    expect(result.outcome).toBe('failed');
    // The mutant must run. Any check would detect code that does not run.
    expect(why).not.toMatch(/ReferenceError|SyntaxError|is not a function/);
  },
);
