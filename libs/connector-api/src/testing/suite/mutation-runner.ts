/** Applies a mutation to a copy of the reference plugin, and runs the whole suite on the copy. */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Plugin } from '../../plugin.js';
import { startReferenceFixture, WEBHOOK_SECRET } from '../reference/reference.fake.js';
import type { CheckOutcome } from './check.js';
import type { Mutation } from './mutation.js';
import { getApplicableChecks, runCheck } from './run-checks.js';
import type { PspSuiteOptions } from './suite.types.js';

const REFERENCE = join(import.meta.dirname, '../reference');
const SUITE: PspSuiteOptions = {
  directory: REFERENCE,
  settings: { apiKey: 'key-of-the-reference', webhookSecret: WEBHOOK_SECRET },
  createFixture: startReferenceFixture,
};
/**
 * The number of failed checks after which the run of a mutated plugin ends. One failure proves that the suite detects the mistake.
 * `npm run soak` uses a larger number, to show which checks overlap. Without a limit, a listing that never ends would reach the timeout in
 * every check.
 */
const MAX_FAILURES = Number(process.env['MUTANT_FAILURES'] ?? 1);

export type CheckFailureReport = Extract<CheckOutcome, { outcome: 'failed' }>;

export interface MutationRunner {
  /**
   * Runs the whole suite, beginning with the check that must detect the mutation. The run ends after `MAX_FAILURES` failed checks.
   * @param mutation the mistake to add; `undefined` for the plugin without a mistake
   * @returns the checks that failed
   */
  runSuite(mutation: Mutation | undefined): Promise<CheckFailureReport[]>;
  close(): void;
}

export function createMutationRunner(): MutationRunner {
  const directory = mkdtempSync(join(tmpdir(), 'mutants-'));
  writeFileSync(join(directory, 'package.json'), '{"type":"module"}');
  symlinkSync(join(process.cwd(), 'node_modules'), join(directory, 'node_modules'));
  let count = 0;
  return {
    async runSuite(mutation) {
      const plugin = await createMutant(mutation, join(directory, `mutant-${count++}`));
      return runChecks(plugin, mutation?.detectedBy);
    },
    close: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function runChecks(plugin: Plugin, first: string | undefined): Promise<CheckFailureReport[]> {
  const checks = getApplicableChecks(plugin);
  checks.sort((a, b) => Number(b.name === first) - Number(a.name === first));
  const failures: CheckFailureReport[] = [];
  for (const check of checks) {
    const outcome = await runSilently(() => runCheck(check, plugin, SUITE));
    if (outcome.outcome === 'failed') failures.push(outcome);
    if (failures.length === MAX_FAILURES) break;
  }
  return failures;
}

/** Discards the console output of a mutated plugin. A check that captures console output replaces this console by its own. */
async function runSilently<T>(run: () => Promise<T>): Promise<T> {
  const { log } = console;
  console.log = () => undefined;
  try {
    return await run();
  } finally {
    console.log = log;
  }
}

async function createMutant(mutation: Mutation | undefined, directory: string): Promise<Plugin> {
  cpSync(REFERENCE, directory, { recursive: true });
  if (mutation !== undefined) applyMutation(mutation, join(directory, mutation.file));
  const { referencePlugin } = (await import(join(directory, 'index.ts'))) as { referencePlugin: Plugin };
  return referencePlugin;
}

/**
 * Applies a mutation to a file of the copied plugin.
 * @throws Error if the text to replace does not occur, because the code of the reference plugin has changed
 */
function applyMutation(mutation: Mutation, file: string): void {
  let text = readFileSync(file, 'utf8');
  const { original, replacement, additionalReplacements = [] } = mutation;
  for (const [code, by] of [[original, replacement] as const, ...additionalReplacements]) {
    const found = text.split(code).length - 1;
    if (found !== 1)
      throw new Error(
        `"${mutation.description}": expected its code once in ${file}, found it ${found} times`,
      );
    text = text.replace(code, () => by);
  }
  writeFileSync(file, text);
}
