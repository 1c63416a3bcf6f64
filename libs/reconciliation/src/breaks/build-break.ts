/** Converts the draft of a break to a break: adds the id, and determines the state from the time and the decisions of people. */
import { createHash } from 'node:crypto';
import type { Decisions } from '../events/read-decisions.js';
import { findValidAcceptance } from './find-acceptance.js';
import type { Policy } from '../policy/policy.types.js';
import type { Break, BreakDraft, ItemOfBreak, ComparedItem } from './break.types.js';

/** The maximum number of items that a break lists. Further items are only counted. */
export const MAX_ITEMS_PER_BREAK = 100;

/**
 * Builds a break.
 * @param asOf the time at which the state is determined, in milliseconds since 1970
 */
export function buildBreak(
  policy: Policy,
  draft: BreakDraft,
  decisions: Decisions,
  asOf: number,
  isKnown: (id: string) => boolean,
): Break {
  const items = [...draft.items].sort(compareItems);
  const id = toBreakId(policy.name, items);
  const fingerprint = toFingerprint(draft, items);
  const since = items.reduce((oldest, { at }) => Math.min(oldest, at), Infinity);
  const pendingUntil = findPendingUntil(policy, draft, items, since);
  const acceptance = findValidAcceptance(decisions, id, fingerprint, asOf);
  const isPending = pendingUntil !== undefined && asOf < pendingUntil;
  const assignee = decisions.assignees.get(id);
  return {
    ...{ id, class: draft.class, isNew: !isKnown(id), reason: draft.reason },
    state: acceptance ? 'accepted' : isPending ? 'pending' : 'open',
    differences: sumDifferences(items),
    items: items.slice(0, MAX_ITEMS_PER_BREAK).map(toItemOfBreak),
    ...{ itemCount: items.length, since: new Date(since).toISOString() },
    ...(isPending && { pendingUntil: new Date(pendingUntil).toISOString() }),
    fingerprint,
    ...(draft.rule !== undefined && { rule: draft.rule }),
    ...(draft.key !== undefined && { key: draft.key }),
    ...(draft.suggestion && { suggestion: toItemOfBreak(draft.suggestion) }),
    ...(acceptance && { acceptance }),
    ...(assignee !== undefined && { assignee }),
  };
}

/**
 * Sorts rows of the PSP before bookings, and then items of one side by their identity. So every run finds the same first item, from which
 * the id of the break is derived.
 */
function compareItems(a: ComparedItem, b: ComparedItem): number {
  if (a.side !== b.side) return a.side === 'psp' ? -1 : 1;
  return toIdentity(a) < toIdentity(b) ? -1 : 1;
}

function toIdentity({ side, source, recordId, account, asset }: ComparedItem): string {
  return JSON.stringify([side, source, recordId, account, asset]);
}

/** Returns the id of the break. The id depends only on the first item, so it does not change when the class or an amount changes. */
export function toBreakId(policy: string, items: readonly ComparedItem[]): string {
  const [first] = [...items].sort(compareItems);
  if (!first) throw new Error('a break has no item; expected at least one');
  return `brk_${createHash('sha256')
    .update(`${policy} ${toIdentity(first)}`)
    .digest('hex')
    .slice(0, 20)}`;
}

function toFingerprint(draft: BreakDraft, items: readonly ComparedItem[]): string {
  const hash = createHash('sha256').update(draft.class);
  for (const item of items) hash.update(`\n${toIdentity(item)} ${item.amount} ${item.state}`);
  return hash.digest('hex');
}

function findPendingUntil(
  { grace }: Policy,
  draft: BreakDraft,
  items: readonly ComparedItem[],
  since: number,
): number | undefined {
  switch (draft.class) {
    case 'missing-in-ledger':
      return since + grace.bookingMs;
    case 'missing-at-psp':
    case 'in-progress':
      return since + grace.settlementMs;
    case 'no-key':
      return since + (items[0]?.side === 'psp' ? grace.bookingMs : grace.settlementMs);
    case 'amount-differs':
    case 'asset-differs':
    case 'account-differs':
    case 'grouping-differs':
    case 'duplicate':
    case 'reversed-after-booking':
    case 'completeness-gap':
    case 'missing-in-payments':
    case 'doubled-in-payments':
    case 'differs-in-payments':
    case 'unexpected-in-payments':
      return undefined;
  }
}

function sumDifferences(items: readonly ComparedItem[]): Break['differences'] {
  const sums = new Map<string, { account: string; asset: string; amount: bigint }>();
  for (const { side, account, asset, amount } of items) {
    const sum = sums.get(`${account} ${asset}`) ?? { account, asset, amount: 0n };
    sums.set(`${account} ${asset}`, { ...sum, amount: sum.amount + (side === 'psp' ? amount : -amount) });
  }
  return [...sums.values()].map((sum) => ({ ...sum, amount: sum.amount.toString() }));
}

export function toItemOfBreak(item: ComparedItem): ItemOfBreak {
  const { side, source, recordId, account, asset, amount, state, at } = item;
  return {
    ...{ side, source, recordId, account, asset, state },
    ...{ amount: amount.toString(), at: new Date(at).toISOString() },
  };
}
