/**
 * Stores a chain of statements for each account and currency: the booked statements in the order of their days. The opening balance of each
 * statement must equal the closing balance of the statement before. If the two balances differ, a statement is missing, duplicated,
 * corrected or overlaps with another statement. Reasons: docs/decisions/0014-memory-across-statements.md.
 */
import { formatAmount } from '@tributary/connector-api';
import type { DataWarning } from '@tributary/connector-api';

/** One booked statement in the chain. Amounts are minor units with a sign. */
export interface ChainLink {
  /** Identifies the statement. The slot is the same for all versions of the statement. */
  slot: string;
  /** Result of `identifyStatement` for the first version. The entries of all versions are compared under this identity. */
  identity: string;
  /** Digest of the entries and balances of this version. */
  content: string;
  /** Fingerprint of the file that contains this version. */
  file: string;
  /** Number of the statement, or its id if it has no number. It is used in messages and for the order within a day. */
  number: string;
  /** Day of the closing balance. */
  day: string;
  /** Time of creation as written in the file. The version with the later time is the newer version. */
  createdAt?: string;
  /** Absent if the bank does not state the opening balance and it cannot be computed. */
  opening?: string;
  closing?: string;
  /** Values of `content` of earlier versions, newest last. */
  former?: string[];
}

interface Chain {
  links: ChainLink[];
  /** Slots of the statements whose opening balance has an open warning. */
  reported: string[];
  /** Day of the newest statement that was removed from the chain. Statements up to this day can no longer be checked. */
  droppedUntil?: string;
}

/** Chains by `<account> <asset>`. Part of the cursor. */
export type StoredChains = Record<string, Chain>;

/** Maximum number of statements in the chains of all accounts together. It limits the size of the cursor. */
const MAX_LINKS = 2000;
const MIN_LINKS_PER_CHAIN = 8;
const MAX_LINKS_PER_CHAIN = 100;
const MAX_FORMER_VERSIONS = 5;

/** How a statement relates to the statements that are already in the chain. */
export type StatementHistory =
  | { kind: 'new' | 'same' }
  /** An older version of a statement whose newer version was already read. */
  | { kind: 'outdated' }
  /** Another version of a statement that was already read. It replaces the version in the chain. */
  | { kind: 'corrected'; former: ChainLink };

export class StatementChains {
  /** Chains that changed since the last check. */
  private readonly changed = new Set<string>();

  constructor(readonly stored: StoredChains) {}

  /** Compares the statement with the statement that the chain already has in the same slot. */
  lookUp(key: string, link: ChainLink): StatementHistory {
    const known = this.stored[key]?.links.find(({ slot }) => slot === link.slot);
    if (!known) return { kind: 'new' };
    if (known.content === link.content) return { kind: 'same' };
    if (known.former?.includes(link.content) || isOlder(link, known)) return { kind: 'outdated' };
    return { kind: 'corrected', former: known };
  }

  /** Adds a statement, or replaces its earlier version. Of an outdated version, only the digest of its content is stored. */
  add(key: string, link: ChainLink): void {
    const chain = (this.stored[key] ??= { links: [], reported: [] });
    const history = this.lookUp(key, link);
    switch (history.kind) {
      case 'same':
        return;
      case 'outdated': {
        const known = chain.links.find(({ slot }) => slot === link.slot);
        if (known)
          known.former = [...new Set([...(known.former ?? []), link.content])].slice(-MAX_FORMER_VERSIONS);
        return;
      }
      case 'corrected': {
        const { former } = history;
        const versions = [...(former.former ?? []), former.content].slice(-MAX_FORMER_VERSIONS);
        chain.links[chain.links.indexOf(former)] = { ...link, identity: former.identity, former: versions };
        break;
      }
      case 'new':
        if (chain.droppedUntil !== undefined && link.day <= chain.droppedUntil) return;
        chain.links.push(link);
        break;
      default:
        history satisfies never;
    }
    this.changed.add(key);
  }

  /** Compares neighbours in all chains that changed. The caller must have read all files before, because files may arrive in any order. */
  check(): { warnings: DataWarning[]; resolvedIds: string[] } {
    const warnings: DataWarning[] = [];
    const resolvedIds: string[] = [];
    for (const key of this.changed) {
      const chain = this.stored[key];
      if (!chain) continue;
      chain.links = sortLinks(chain.links);
      const found = new Map<string, string>();
      chain.links.forEach((link, index) => {
        const before = chain.links[index - 1];
        const message = before && describeBreak(key, before, link);
        if (message !== undefined) found.set(link.slot, message);
      });
      for (const slot of chain.reported) if (!found.has(slot)) resolvedIds.push(warningId(slot));
      for (const [slot, message] of found) warnings.push({ id: warningId(slot), message });
      chain.reported = [...found.keys()];
      this.dropOldest(chain);
    }
    this.changed.clear();
    return { warnings, resolvedIds };
  }

  /** Removes the oldest statements from the chain. Warnings about these statements stay open. */
  private dropOldest(chain: Chain): void {
    const chains = Object.keys(this.stored).length;
    const limit = Math.min(
      MAX_LINKS_PER_CHAIN,
      Math.max(MIN_LINKS_PER_CHAIN, Math.floor(MAX_LINKS / chains)),
    );
    const dropped = chain.links.splice(0, Math.max(0, chain.links.length - limit));
    const last = dropped.at(-1);
    if (!last) return;
    chain.droppedUntil = last.day;
    const kept = new Set(chain.links.map(({ slot }) => slot));
    chain.reported = chain.reported.filter((slot) => kept.has(slot));
  }
}

function warningId(slot: string): string {
  return `chain:${slot}`;
}

function isOlder(link: ChainLink, known: ChainLink): boolean {
  const [ours, theirs] = [link.createdAt, known.createdAt].map((time) => Date.parse(time ?? ''));
  return ours !== undefined && theirs !== undefined && ours < theirs;
}

/**
 * Sorts by day, then by number. Several statements of one day are sorted so that each opens with the closing balance of the statement
 * before, because not all banks number their statements.
 */
function sortLinks(links: readonly ChainLink[]): ChainLink[] {
  const sorted = [...links].sort((a, b) =>
    a.day === b.day ? compareNumbers(a.number, b.number) : a.day < b.day ? -1 : 1,
  );
  const result: ChainLink[] = [];
  for (let from = 0; from < sorted.length;) {
    const day = sorted[from]?.day;
    const sameDay = sorted.slice(from).filter((link) => link.day === day);
    from += sameDay.length;
    result.push(...connectDay(sameDay, result.at(-1)?.closing));
  }
  return result;
}

/** @param links statements of one day, sorted by number */
function connectDay(links: readonly ChainLink[], opening: string | undefined): ChainLink[] {
  const rest = [...links];
  const result: ChainLink[] = [];
  let balance = opening;
  while (rest.length > 0) {
    const first = findFirst(rest, balance);
    rest.splice(rest.indexOf(first), 1);
    result.push(first);
    balance = first.closing;
  }
  return result;
}

/**
 * Returns the statement that opens with this balance. If there is none, returns a statement whose opening balance is not the closing
 * balance of another statement.
 */
function findFirst(links: readonly ChainLink[], balance: string | undefined): ChainLink {
  const closings = new Set(
    links.filter(({ opening, closing }) => opening !== closing).map(({ closing }) => closing),
  );
  const found =
    links.find(
      ({ opening, closing }) => balance !== undefined && opening === balance && closing === balance,
    ) ??
    links.find(({ opening }) => balance !== undefined && opening === balance) ??
    links.find(({ opening }) => opening !== undefined && !closings.has(opening)) ??
    links[0];
  if (!found) throw new Error('expected at least one statement');
  return found;
}

function compareNumbers(a: string, b: string): number {
  const [first, second] = [numberOf(a), numberOf(b)];
  return first === undefined || second === undefined ? 0 : first - second;
}

/** Parses the number of a statement: `00041/001` and `41` are both the number 41. */
function numberOf(text: string): number | undefined {
  const [digits] = /^\d{1,9}/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** @returns a description of the difference between two statements, or `undefined` if the balances are equal or a balance is absent */
function describeBreak(key: string, before: ChainLink, link: ChainLink): string | undefined {
  if (before.closing === undefined || link.opening === undefined || before.closing === link.opening)
    return undefined;
  const separator = key.lastIndexOf(' ');
  const [account, asset] = [key.slice(0, separator), key.slice(separator + 1)];
  const show = (minorUnits: bigint): string =>
    `${formatAmount({ amount: minorUnits, asset })} ${asset.split('/')[0]}`;
  const [closing, opening] = [BigInt(before.closing), BigInt(link.opening)];
  return (
    `statement ${link.number} of account ${account} (${link.day}) opens with ${show(opening)}; ` +
    `the one before (${before.number}, ${before.day}) closed with ${show(closing)}: ` +
    `${show(opening - closing)} unexplained. ${describeCause(before, link)}`
  );
}

function describeCause(before: ChainLink, link: ChainLink): string {
  const [first, second] = [numberOf(before.number), numberOf(link.number)];
  if (before.opening !== undefined && before.opening === link.opening) {
    return 'Both open with the same balance: one of them is a copy or a correction of the other. Compare their entries';
  }
  if (first !== undefined && second !== undefined && second > first + 1) {
    return `The numbers ${first + 1} to ${second - 1} are missing. Ask the bank for them, and put them into the directory`;
  }
  return 'A statement between them is missing, or they overlap and entries may be served twice. Ask the bank for whole statements';
}
