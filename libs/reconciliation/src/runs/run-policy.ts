/**
 * Runs a policy in three steps: it determines the cuts (the positions at which the run stops reading), compares the items, and stores the
 * result. `verifyRun` repeats a stored run.
 */
import { createHash } from 'node:crypto';
import type { ReconciliationRepository, Store, StoredBreak, StoredRun } from '@tributary/feed';
import { BreakTotals } from '../breaks/break-totals.js';
import { buildBreak, toBreakId } from '../breaks/build-break.js';
import type { Break, BreakDraft } from '../breaks/break.types.js';
import { SingleItemBreaks } from '../breaks/single-item-breaks.js';
import type { RunEvent } from '../events/event.types.js';
import { readDecisions } from '../events/read-decisions.js';
import { StoredItemSource } from '../items/stored-item-source.js';
import { createNewItems } from '../items/create-new-items.js';
import { verifyItems } from '../items/verify-items.js';
import { buildLegBreaks } from '../legs/build-leg-breaks.js';
import type { Policy } from '../policy/policy.types.js';
import { parsePolicy, serializePolicy, toPolicyId } from '../policy/serialize-policy.js';
import { compareChangedItems } from './compare-changed-items.js';
import { compareItems } from './compare-items.js';
import { addBreakToHash, hashRun } from './hash-run.js';
import { observeSources, type RunSources } from './observe-sources.js';
import type { RunInputs, RunSummary } from './run.types.js';
import { streamBreaks } from './stream-breaks.js';
import { summarizeRun } from './summarize-run.js';

const BATCH_BREAKS = 500;
/** The maximum number of resolved breaks that a summary lists. Further resolved breaks are only counted. */
const MAX_LISTED_RESOLVED = 1000;

export interface RunResult {
  id: string;
  inputs: RunInputs;
  summary: RunSummary;
  sha256: string;
}

/**
 * Runs a policy on all data that the store and the ledger contain now.
 * @param asOf the time of the run, in milliseconds since 1970
 */
export async function runPolicy(
  store: Store,
  policy: Policy,
  sources: RunSources,
  asOf: number,
): Promise<RunResult> {
  const { repository, policyId, inputs } = await prepareRun(store, policy, sources, asOf);
  const inputsText = JSON.stringify(inputs);
  const id = toRunId(policyId, inputsText);
  const startedAt = await store.currentTime();
  await repository.beginRun({ id, policyId, name: policy.name, inputs: inputsText, startedAt });
  const partial = await compute('changes', repository, policyId, policy, inputs, (breaks) =>
    repository.addBreaks(id, breaks.map(toStoredBreak)),
  );
  const summary = await completeSummary(repository, id, partial, inputs);
  const found = Object.values(partial.classes).flatMap((states) => Object.values(states));
  if (summary.breaks.count !== found.reduce((sum, count) => sum + count, 0))
    throw new Error(`another process stored breaks of ${id} at the same time; run the policy again`);
  const summaryText = JSON.stringify(summary);
  const sha256 = hashRun(inputsText, summaryText);
  const { verdict } = summary;
  const finishedAt = await store.currentTime();
  const event: RunEvent = {
    ...{ kind: 'run', policy: policy.name, run: id, verdict, sha256, startedAt, finishedAt },
  };
  await repository.finishRun({ id, finishedAt, verdict, summary: summaryText, sha256 }, event);
  return { id, inputs, summary, sha256 };
}

function toRunId(policyId: string, inputs: string): string {
  return `run_${createHash('sha256').update(policyId).update(inputs).digest('hex').slice(0, 20)}`;
}

/** Stores the policy, reads new data from the sources, and determines the positions at which the run stops reading. */
async function prepareRun(store: Store, policy: Policy, sources: RunSources, asOf: number) {
  const repository = store.reconciliation();
  const spec = serializePolicy(policy);
  const policyId = toPolicyId(spec);
  await repository.definePolicy(policyId, policy.name, spec);
  return { repository, policyId, inputs: await observeSources(store, policy, sources, asOf) };
}

/** The result that a run of the policy would have. No run is stored. */
export interface PolicyPreview {
  summary: PartialSummary;
  /** The first breaks of each class, at most `MAX_EXAMPLES`. */
  examples: Break[];
}

/** The maximum number of breaks of each class that a preview shows. */
const MAX_EXAMPLES = 3;

/**
 * Compares all data that the store and the ledger contain now, without storing a run. It lets a user try a policy that is not in use yet.
 * @param asOf the time of the comparison, in milliseconds since 1970
 */
export async function previewPolicy(
  store: Store,
  policy: Policy,
  sources: RunSources,
  asOf: number,
): Promise<PolicyPreview> {
  const { repository, policyId, inputs } = await prepareRun(store, policy, sources, asOf);
  const examples = new Map<string, Break[]>();
  const summary = await compute('all', repository, policyId, policy, inputs, async (breaks) => {
    for (const found of breaks) {
      const known = examples.get(found.class) ?? [];
      if (known.length < MAX_EXAMPLES) examples.set(found.class, [...known, found]);
    }
  });
  return { summary, examples: [...examples.values()].flat() };
}

/**
 * Verifies a stored run in three steps:
 *
 * 1. The run agrees with its event in the audit trail.
 * 2. The stored items result from the stored rows and transactions.
 * 3. The result of the run results from the items.
 *
 * @returns the first difference, or `undefined`
 */
export async function verifyRun(
  repository: ReconciliationRepository,
  run: StoredRun,
): Promise<string | undefined> {
  if (hashRun(run.inputs, run.summary) !== run.sha256)
    return `the inputs or the summary of ${run.id} were changed: their hash is not the stored one`;
  const spec = await repository.findPolicySpec(run.policyId);
  if (spec === undefined || toPolicyId(spec) !== run.policyId)
    return `the policy of ${run.id} was changed or is gone`;
  const policy = parsePolicy(spec);
  const inputs = JSON.parse(run.inputs) as RunInputs;
  const stored = JSON.parse(run.summary) as RunSummary;
  if (run.id !== toRunId(run.policyId, run.inputs) || run.name !== policy.name)
    return `the id or the name of ${run.id} was changed`;
  if (!(await hasEvent(repository, run, stored)))
    return `${run.id} is not the run that event ${run.eventSeq} of the audit trail names: one of them was changed`;
  const changedItem = await verifyItems(repository, run.policyId, policy);
  if (changedItem !== undefined) return changedItem;
  let problem: string | undefined;
  const partial = await compute('all', repository, run.policyId, policy, inputs, async (breaks) => {
    for (const each of breaks.map(toStoredBreak)) {
      const found = await repository.findBreak(run.id, each.id);
      if (found?.body !== each.body || found.class !== each.class || found.state !== each.state)
        problem ??= `break ${each.id} of ${run.id} does not follow from the stored items`;
    }
  });
  if (problem !== undefined) return problem;
  const summary = await completeSummary(repository, run.id, partial, inputs);
  if (summary.breaks.sha256 !== stored.breaks.sha256)
    return `a break of ${run.id} was changed, added or removed`;
  if (JSON.stringify(summary) !== run.summary)
    return `the summary of ${run.id} does not follow from the stored items`;
  return undefined;
}

/** Returns true if the stored run agrees with the event that was appended when the run finished. */
async function hasEvent(
  repository: ReconciliationRepository,
  { id, name, verdict, sha256, startedAt, finishedAt, eventSeq }: StoredRun,
  summary: RunSummary,
): Promise<boolean> {
  const [event] = await repository.readEvents(eventSeq - 1, 1);
  if (event?.seq !== eventSeq || summary.verdict !== verdict) return false;
  const expected = { kind: 'run', policy: name, run: id, verdict, sha256, startedAt, finishedAt };
  try {
    const found = JSON.parse(event.body) as Record<string, unknown>;
    return Object.entries(expected).every(([key, value]) => found[key] === value);
  } catch {
    return false;
  }
}

type PartialSummary = ReturnType<typeof summarizeRun>;

/**
 * Compares the items that exist at the cuts of the run.
 * @param mode `changes` uses the result of the previous run where possible; `all` compares all items
 */
async function compute(
  mode: 'changes' | 'all',
  repository: ReconciliationRepository,
  policyId: string,
  policy: Policy,
  inputs: RunInputs,
  onBreaks: (breaks: Break[]) => Promise<void>,
): Promise<PartialSummary> {
  await createNewItems(repository, policyId, policy, inputs.cuts);
  const decisions = await readDecisions(repository, policy.name, inputs.cuts.events);
  const totals = new BreakTotals();
  let drafts: BreakDraft[] = [];
  const flush = async (): Promise<void> => {
    const ids = drafts.map(({ items }) => toBreakId(policy.name, items));
    const known =
      inputs.previous === undefined ? new Set() : await repository.findBreakIds(inputs.previous, ids);
    const asOf = Date.parse(inputs.asOf);
    const breaks = drafts.map((draft) => buildBreak(policy, draft, decisions, asOf, (id) => known.has(id)));
    drafts = [];
    for (const each of breaks) totals.add(each);
    await onBreaks(breaks);
  };
  const addDraft = async (draft: BreakDraft): Promise<void> => {
    drafts.push(draft);
    if (drafts.length >= BATCH_BREAKS) await flush();
  };
  const singles = new SingleItemBreaks(policy, addDraft);
  const onBreak = (draft: BreakDraft) => (draft.rule === undefined ? singles.add(draft) : addDraft(draft));
  const changes =
    mode === 'changes'
      ? await compareChangedItems(repository, policyId, policy, inputs, decisions)
      : undefined;
  for (const draft of changes?.drafts ?? []) await onBreak(draft);
  const items = new StoredItemSource(repository, policyId, inputs.cuts);
  const comparison =
    changes?.comparison ?? (await compareItems(items, policy.rules, decisions.links, onBreak));
  await singles.finish();
  await flush();
  const legBreaks = await buildLegBreaks(repository, policy.name, inputs, decisions);
  for (const each of legBreaks) totals.add(each);
  for (let start = 0; start < legBreaks.length; start += BATCH_BREAKS)
    await onBreaks(legBreaks.slice(start, start + BATCH_BREAKS));
  return summarizeRun(policy, policyId, inputs, comparison, totals);
}

function toStoredBreak(found: Break): StoredBreak {
  return { id: found.id, class: found.class, state: found.state, body: JSON.stringify(found) };
}

/** Adds the data that depends on the stored breaks of this run and of the previous run, e.g. the resolved breaks. */
async function completeSummary(
  repository: ReconciliationRepository,
  runId: string,
  partial: PartialSummary,
  { previous }: RunInputs,
): Promise<RunSummary> {
  const hash = createHash('sha256');
  const breaks = { count: 0, new: 0 };
  let oldestOpen: string | undefined;
  for await (const stored of streamBreaks(repository, runId)) {
    addBreakToHash(hash, stored);
    breaks.count++;
    const { isNew, since } = JSON.parse(stored.body) as Break;
    if (isNew) breaks.new++;
    // The times are RFC 3339 in UTC with the same number of digits, so sorting them as strings sorts them by time.
    if (stored.state === 'open' && (oldestOpen === undefined || since < oldestOpen)) oldestOpen = since;
  }
  const resolved: RunSummary['resolved'] = { count: 0, ids: [] };
  if (previous !== undefined)
    for await (const { id } of streamBreaks(repository, previous)) {
      if (await repository.findBreak(runId, id)) continue;
      resolved.count++;
      if (resolved.ids.length < MAX_LISTED_RESOLVED) resolved.ids.push(id);
    }
  return {
    ...partial,
    breaks: { ...breaks, sha256: hash.digest('hex'), ...(oldestOpen !== undefined && { oldestOpen }) },
    resolved,
  };
}
