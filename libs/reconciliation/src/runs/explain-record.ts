/** Explains how a run treated one record: the match and its rule, or the candidates and the reasons why they did not match. */
import type { ReconciliationItem, ReconciliationRepository, StoredRun } from '@tributary/feed';
import { toItemOfBreak } from '../breaks/build-break.js';
import type { ItemOfBreak } from '../breaks/break.types.js';
import { readDecisions, type ManualLink } from '../events/read-decisions.js';
import { matchKeyGroup, type GroupMatch } from '../matching/match-key-group.js';
import type { Policy } from '../policy/policy.types.js';
import { parsePolicy } from '../policy/serialize-policy.js';
import { createCutFilter } from '../items/cut-filter.js';
import { hasMovedMoney } from '../items/item-source.js';
import type { RunInputs, RunSummary } from './run.types.js';

export interface ItemExplanation {
  item: ItemOfBreak;
  /** `linked`: a person linked the record to other items. */
  outcome: 'matched' | 'linked' | 'not-matched' | 'moves-no-money';
  /** Index of the rule that matched the record. */
  rule?: number;
  kind?: GroupMatch['kind'];
  /** The other items of the match, or of the link. */
  matchedWith: ItemOfBreak[];
  /** The other items that have a key of the record. Each has the reason why it did not match. */
  candidates: { rule: number; key: string; item: ItemOfBreak; why: string }[];
}

/**
 * Explains the result of a run for one record.
 * @param recordId the id of a row as served to clients, or the id of a ledger transaction
 * @returns one explanation for each account and asset that the record changes; an empty list if the policy has no such record
 */
export async function explainRecord(
  repository: ReconciliationRepository,
  run: StoredRun,
  side: ReconciliationItem['side'],
  recordId: string,
): Promise<ItemExplanation[]> {
  const spec = await repository.findPolicySpec(run.policyId);
  if (spec === undefined)
    throw new Error(`the store has no policy ${run.policyId}, to which ${run.id} belongs`);
  const policy = parsePolicy(spec);
  const { cuts } = JSON.parse(run.inputs) as RunInputs;
  const { lapsedLinks } = JSON.parse(run.summary) as RunSummary;
  const { links } = await readDecisions(repository, policy.name, cuts.events);
  const explainer = new Explainer(
    repository,
    run.policyId,
    policy,
    createCutFilter(cuts),
    links.filter(({ seq }) => !lapsedLinks.includes(seq)),
  );
  const sources =
    side === 'ledger' ? [policy.ledger] : [...new Set(policy.accounts.map(({ connector }) => connector))];
  const explanations: ItemExplanation[] = [];
  for (const source of sources)
    for (const item of await explainer.findItems(side, source, recordId))
      explanations.push(await explainer.explain(item));
  return explanations;
}

class Explainer {
  private readonly groups = new Map<string, Promise<GroupMatch[]>>();

  constructor(
    private readonly repository: ReconciliationRepository,
    private readonly policyId: string,
    private readonly policy: Policy,
    private readonly isIncluded: (item: ReconciliationItem) => boolean,
    private readonly links: readonly ManualLink[],
  ) {}

  async findItems(
    side: ReconciliationItem['side'],
    source: string,
    recordId: string,
  ): Promise<ReconciliationItem[]> {
    const versions = await this.repository.findItemsOfRecords(this.policyId, side, source, [recordId]);
    return versions.filter(this.isIncluded);
  }

  async explain(item: ReconciliationItem): Promise<ItemExplanation> {
    const base = { item: toItemOfBreak(item), matchedWith: [], candidates: [] };
    if (!hasMovedMoney(item)) return { ...base, outcome: 'moves-no-money' };
    const link = this.findLink(item);
    if (link) return { ...base, outcome: 'linked', matchedWith: await this.readLinked(link) };
    const found = await this.findMatch(item, this.policy.rules.length);
    const members = found ? [...found.match.psp, ...found.match.ledger] : [];
    const candidates = await this.listCandidates(item, members);
    if (!found) return { ...base, outcome: 'not-matched', candidates };
    const matchedWith = members.filter(({ number }) => number !== item.number).map(toItemOfBreak);
    return { ...base, outcome: 'matched', rule: found.rule, kind: found.match.kind, matchedWith, candidates };
  }

  /**
   * Returns the match of an item by the first rule that matches it.
   * @param endRule only rules with a lower index are tried
   */
  private async findMatch(
    item: ReconciliationItem,
    endRule: number,
  ): Promise<{ rule: number; match: GroupMatch } | undefined> {
    for (const { rule, key } of await this.findKeys(item)) {
      if (rule >= endRule) break;
      const match = (await this.matchKey(rule, key)).find(({ psp, ledger }) =>
        [...psp, ...ledger].some(({ number }) => number === item.number),
      );
      if (match) return { rule, match };
    }
    return undefined;
  }

  private matchKey(rule: number, key: string): Promise<GroupMatch[]> {
    const name = `${rule} ${key}`;
    let matches = this.groups.get(name);
    if (!matches) this.groups.set(name, (matches = this.computeMatches(rule, key)));
    return matches;
  }

  private async computeMatches(index: number, key: string): Promise<GroupMatch[]> {
    const rule = this.policy.rules[index];
    if (!rule || rule.kind === 'window') return [];
    const free: ReconciliationItem[] = [];
    for (const item of await this.readGroup(index, key))
      if (hasMovedMoney(item) && !this.findLink(item) && !(await this.findMatch(item, index)))
        free.push(item);
    return matchKeyGroup(rule, free);
  }

  private async readGroup(rule: number, key: string): Promise<ReconciliationItem[]> {
    const keyed = await this.repository.findItemsByKeys(this.policyId, rule, [key]);
    return keyed.map(({ item }) => item).filter(this.isIncluded);
  }

  private async findKeys({ number }: ReconciliationItem) {
    const keys = await this.repository.findKeys(this.policyId, [number]);
    return keys.filter(({ rule }) => this.policy.rules[rule]?.kind !== 'window');
  }

  private findLink(item: ReconciliationItem): ManualLink | undefined {
    return this.links.find(({ items }) => items.some((reference) => isReferenceTo(reference, item)));
  }

  private async readLinked({ items }: ManualLink): Promise<ItemOfBreak[]> {
    const found: ItemOfBreak[] = [];
    for (const reference of items)
      for (const item of await this.findItems(reference.side, reference.source, reference.recordId))
        if (isReferenceTo(reference, item)) found.push(toItemOfBreak(item));
    return found;
  }

  private async listCandidates(
    item: ReconciliationItem,
    members: readonly ReconciliationItem[],
  ): Promise<ItemExplanation['candidates']> {
    const known = new Set([item, ...members].map(({ number }) => number));
    const candidates: ItemExplanation['candidates'] = [];
    for (const { rule, key } of await this.findKeys(item))
      for (const other of await this.readGroup(rule, key)) {
        if (known.has(other.number) || other.side === item.side) continue;
        known.add(other.number);
        const match = hasMovedMoney(other)
          ? await this.findMatch(other, this.policy.rules.length)
          : undefined;
        const why = match
          ? `rule ${match.rule + 1} matched it with another record`
          : describeMismatch(item, other);
        candidates.push({ rule, key, item: toItemOfBreak(other), why });
      }
    return candidates;
  }
}

function isReferenceTo(reference: ManualLink['items'][number], item: ReconciliationItem): boolean {
  return (['side', 'source', 'recordId', 'account', 'asset'] as const).every(
    (key) => reference[key] === item[key],
  );
}

function describeMismatch(item: ReconciliationItem, other: ReconciliationItem): string {
  if (!hasMovedMoney(other)) return `it moves no money: ${other.state}`;
  if (other.account !== item.account) return `its account is ${other.account}`;
  if (other.asset !== item.asset) return `its asset is ${other.asset}`;
  if (other.amount !== item.amount) return `its amount differs by ${item.amount - other.amount}`;
  return 'no rule allows this number of rows and bookings';
}
