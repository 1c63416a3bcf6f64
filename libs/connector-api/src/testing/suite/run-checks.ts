import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from '../../plugin.js';
import type { Check, CheckOutcome } from './check.js';
import { CHECKS } from './checks/index.js';
import type { PspSuiteOptions } from './suite.types.js';
import { CheckContext } from './check-context.js';

/** Returns the checks that apply to the capabilities of a plugin. */
export function getApplicableChecks(plugin: Plugin): Check[] {
  return CHECKS.filter(({ appliesTo }) => appliesTo?.(plugin) ?? true);
}

/** Runs one check. The function never throws; every error becomes a failed outcome. */
export async function runCheck(check: Check, plugin: Plugin, suite: PspSuiteOptions): Promise<CheckOutcome> {
  const why = suite.skip?.[check.name];
  if (why !== undefined) return { check: check.name, outcome: 'skipped', why };
  const context = new CheckContext(plugin, suite);
  const failures: string[] = [];
  const note = (thrown: unknown) => failures.push(describeError(thrown));
  await check.run(context).catch(note);
  await context.close().catch(note);
  if (failures.length === 0) return { check: check.name, outcome: 'passed' };
  return { check: check.name, outcome: 'failed', why: failures.join('\n') };
}

/**
 * Returns the problems with skipped checks. Each skip must have the name of a check of this plugin, and a reason. The plugin's README must
 * contain the same reason.
 */
export function findSkipProblems(plugin: Plugin, { directory, skip = {} }: PspSuiteOptions): string[] {
  const names = getApplicableChecks(plugin).map(({ name }) => name);
  const file = join(directory, 'README.md');
  const readme = existsSync(file) ? collapseWhitespace(readFileSync(file, 'utf8')) : '';
  return Object.entries(skip).flatMap(([name, reason]) => {
    if (!names.includes(name)) return [`"${name}" is skipped, but there is no such check for this plugin`];
    if (reason.trim().length < 10) return [`"${name}" is skipped without a reason`];
    if (!readme.includes(collapseWhitespace(reason)))
      return [`README.md does not say why "${name}" is skipped: ${reason}`];
    return [];
  });
}

function collapseWhitespace(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function describeError(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `a ${typeof thrown} was thrown`;
  if (thrown.name === 'CheckFailure') return thrown.message;
  return `${thrown.name}: ${thrown.message}\n${thrown.stack?.split('\n').slice(1, 5).join('\n') ?? ''}`;
}
