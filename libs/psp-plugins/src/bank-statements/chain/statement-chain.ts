/**
 * The memory of the plugin across statements: for each account and currency the booked statements in the order
 * of their days. The opening balance of each statement must be the closing balance of the one before. Where it
 * is not, a statement is missing, doubled, corrected or overlaps. See
 * docs/decisions/0014-memory-across-statements.md.
 */
import { formatAmount } from '@tributary/connector-api';
import type { DataWarning } from '@tributary/connector-api';

/** One booked statement in the memory. Amounts are minor units with a sign. */
export interface ChainLink {
  /** Identifies the statement in all its versions. */
  slot: string;
  /** See `identifyStatement`. Entries of all versions are compared under the identity of the first version. */
  identity: string;
  /** Digest of the entries and balances of this version. */
  content: string;
  /** Fingerprint of the file that contains this version. */
  file: string;
  /** Number of the statement, or its id if it has none. For messages and for the order within a day. */
  number: string;
  /** Day of the closing balance. */
  day: string;
  /** Time of creation, as found. It decides which version of a statement is newer. */
  createdAt?: string;
  /** Absent if the bank does not state it and it cannot be computed. */
  opening?: string;
  closing?: string;
  /** Contents of earlier versions, newest last. */
  former?: string[];
}

interface Chain {
  links: ChainLink[];
  /** Slots of the statements whose opening balance is reported. */
  reported: string[];
  /** Day of the newest statement that was dropped from the memory. Older ones cannot be checked any more. */
  droppedUntil?: string;
}

/** Chains by `<account> <asset>`. Part of the cursor. */
export type StoredChains = Record<string, Chain>;

/** Number of statements in the memory of all accounts together, so that the cursor stays small. */
const MAX_LINKS = 2000;
const MIN_LINKS_PER_CHAIN = 8;
const MAX_LINKS_PER_CHAIN = 100;
const MAX_FORMER_VERSIONS = 5;

/** What the memory knows about a statement before it is added. */
export type StatementHistory =
  | { kind: 'new' | 'same' }
  /** An older version of a statement whose newer version was read before. */
  | { kind: 'outdated' }
  /** Another version of a statement. */
  | { kind: 'corrected'; former: ChainLink };

export class StatementChains {
  /** Chains that changed since the last check. */
  private readonly changed = new Set<string>();

  constructor(readonly stored: StoredChains) {}

  /** Returns what is known about the statement with this slot and content. */
  lookUp(key: string, link: ChainLink): StatementHistory {
    const known = this.stored[key]?.links.find(({ slot }) => slot === link.slot);
    if (!known) return { kind: 'new' };
    if (known.content === link.content) return { kind: 'same' };
    if (known.former?.includes(link.content) || isOlder(link, known)) return { kind: 'outdated' };
    return { kind: 'corrected', former: known };
  }

  /** Adds a statement, or replaces its earlier version. An outdated version is only remembered as such. */
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

  /**
   * Compares neighbours in all chains that changed. To be called when all files were read, because files may
   * arrive in any order.
   */
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

  /** Forgets the oldest statements. Their findings stay reported. */
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
 * Sorts by day, then by number. Several statements of one day are in the order in which their balances connect,
 * because not all banks number them.
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

/** @param links statements of one day, by number */
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

/** Returns the statement that opens with this balance, else one that opens with no other's closing balance. */
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

/** `00041/001` and `41` are the number 41. */
function numberOf(text: string): number | undefined {
  const [digits] = /^\d{1,9}/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** @returns what is wrong between two statements, or `undefined` if they connect or a balance is absent */
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
