import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from '../../plugin.js';
import type { Check, Outcome } from './check.js';
import { CHECKS } from './checks/index.js';
import type { PspSuite } from './suite.types.js';
import { Trial } from './trial.js';

/** Returns the checks that apply to a plugin's capabilities. */
export function checksFor(plugin: Plugin): Check[] {
  return CHECKS.filter(({ concerns }) => concerns?.(plugin) ?? true);
}

/** Runs one check. Never throws: every error becomes a failed outcome. */
export async function runCheck(check: Check, plugin: Plugin, suite: PspSuite): Promise<Outcome> {
  const why = suite.skip?.[check.name];
  if (why !== undefined) return { check: check.name, outcome: 'skipped', why };
  const trial = new Trial(plugin, suite);
  const failures: string[] = [];
  const note = (thrown: unknown) => failures.push(describe(thrown));
  await check.run(trial).catch(note);
  await trial.close().catch(note);
  if (failures.length === 0) return { check: check.name, outcome: 'passed' };
  return { check: check.name, outcome: 'failed', why: failures.join('\n') };
}

/** Returns the problems of the skips. Each skip must name a check of this plugin and have a reason that the plugin's README repeats. */
export function judgeSkips(plugin: Plugin, { directory, skip = {} }: PspSuite): string[] {
  const names = checksFor(plugin).map(({ name }) => name);
  const file = join(directory, 'README.md');
  const readme = existsSync(file) ? onOneLine(readFileSync(file, 'utf8')) : '';
  return Object.entries(skip).flatMap(([name, reason]) => {
    if (!names.includes(name)) return [`"${name}" is skipped, but there is no such check for this plugin`];
    if (reason.trim().length < 10) return [`"${name}" is skipped without a reason`];
    if (!readme.includes(onOneLine(reason)))
      return [`README.md does not say why "${name}" is skipped: ${reason}`];
    return [];
  });
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

function describe(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `a ${typeof thrown} was thrown`;
  if (thrown.name === 'Failure') return thrown.message;
  return `${thrown.name}: ${thrown.message}\n${thrown.stack?.split('\n').slice(1, 5).join('\n') ?? ''}`;
}
