/**
 * Stores a chain of statements for each account and currency, i.e. the booked statements sorted by day. The opening balance of each
 * statement must equal the closing balance of the statement before. If the two balances differ, a statement is missing, duplicated,
 * corrected or overlaps with another statement. Reasons: docs/decisions/0014-memory-across-statements.md.
 */
import { formatAmount } from '@tributary/connector-api';
import type { DataWarning } from '@tributary/connector-api';

/** One booked statement in the chain. Amounts are in minor units with a sign. */
export interface ChainLink {
  /** An identifier of the statement that is the same for all its versions. */
  slot: string;
  /** The result of `identifyStatement` for the first version. The entries of all later versions are compared under this identity. */
  identity: string;
  /** A digest of the entries and balances of this version. */
  content: string;
  /** The fingerprint of the file that contains this version. */
  file: string;
  /** The number of the statement, or its id if it has no number. It is used in messages and for the order within a day. */
  number: string;
  /** The day of the closing balance. */
  day: string;
  /** The time of creation as written in the file. Of two versions, the version with the later time is the newer one. */
  createdAt?: string;
  /** The opening balance. Absent if the statement does not contain it and it cannot be calculated. */
  opening?: string;
  closing?: string;
  /** The digests (`content`) of earlier versions, newest last. */
  former?: string[];
  /** The number of entries, if the link is a day of a CSV export. An export may contain only a part of the day. */
  exportedRows?: number;
}

interface Chain {
  links: ChainLink[];
  /** The `slot` of each statement with an open warning about its opening balance. */
  reported: string[];
  /** The day of the newest statement that was removed from the chain. A statement of this day or before can no longer be checked. */
  droppedUntil?: string;
}

/** The chains by `<account> <asset>`. They are part of the plugin's cursor. */
export type StoredChains = Record<string, Chain>;

/**
 * The maximum number of statements in the chains of all accounts together. If there are more, the oldest are removed, so that the cursor
 * stays small.
 */
const MAX_LINKS = 2000;
const MIN_LINKS_PER_CHAIN = 8;
const MAX_LINKS_PER_CHAIN = 100;
const MAX_FORMER_VERSIONS = 5;

/** How a statement relates to the statement with the same `slot` in the chain. */
export type StatementHistory =
  | { kind: 'new' | 'same' }
  /** The statement is an older version; its newer version was already read. */
  | { kind: 'outdated' }
  /** The statement is the same day of a CSV export, with other entries. Both exports may contain only a part of the day. */
  | { kind: 'exported'; former: ChainLink }
  /** The statement is another version of a statement that was already read. It replaces this version in the chain. */
  | { kind: 'corrected'; former: ChainLink };

export class StatementChains {
  /** The keys of the chains that changed since the last check. */
  private readonly changed = new Set<string>();

  constructor(readonly stored: StoredChains) {}

  /** Compares a statement with the version of the same statement in the chain, if there is one. */
  lookUp(key: string, link: ChainLink): StatementHistory {
    const known = this.stored[key]?.links.find(({ slot }) => slot === link.slot);
    if (!known) return { kind: 'new' };
    if (known.content === link.content) return { kind: 'same' };
    if (link.exportedRows !== undefined) return { kind: 'exported', former: known };
    if (known.former?.includes(link.content) || isOlder(link, known)) return { kind: 'outdated' };
    return { kind: 'corrected', former: known };
  }

  /** Adds a statement, or replaces its earlier version. If the statement is an outdated version, only its digest is stored. */
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
      case 'exported':
        chain.links[chain.links.indexOf(history.former)] = joinPartsOfDay(history.former, link);
        break;
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
   * Compares the balances of neighbouring statements in all chains that changed. The caller must have read all files before, because files
   * may arrive in any order.
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

  /** Removes the oldest statements from a chain that is too long. Warnings about the removed statements stay open. */
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

/**
 * Joins two exports of one day. If one continues the other, the result has the opening balance of the first and the closing balance of the
 * second. If both begin or end with the same balance, the longer one contains the other.
 */
function joinPartsOfDay(known: ChainLink, link: ChainLink): ChainLink {
  if (known.closing === link.opening) return { ...link, ...pickOpening(known) };
  if (link.closing === known.opening) return { ...known, ...pickOpening(link) };
  const hasCommonEnd = known.opening === link.opening || known.closing === link.closing;
  return hasCommonEnd && (known.exportedRows ?? 0) > (link.exportedRows ?? 0) ? known : link;
}

function pickOpening({ opening }: ChainLink): Pick<ChainLink, 'opening'> {
  return opening === undefined ? {} : { opening };
}

function warningId(slot: string): string {
  return `chain:${slot}`;
}

function isOlder(link: ChainLink, known: ChainLink): boolean {
  const [ours, theirs] = [link.createdAt, known.createdAt].map((time) => Date.parse(time ?? ''));
  return ours !== undefined && theirs !== undefined && ours < theirs;
}

/**
 * Sorts statements by day, then by number. Not all banks number their statements. So statements of one day are sorted so that each opens
 * with the closing balance of the statement before.
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

/**
 * Sorts the statements of one day by their balances.
 * @param links the statements, sorted by number
 * @param opening the closing balance of the day before
 */
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
 * Returns the statement that opens with this balance. If no statement does, the result is a statement whose opening balance is not the
 * closing balance of another statement.
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

/** Parses the number of a statement. Both `00041/001` and `41` are the number 41. */
function numberOf(text: string): number | undefined {
  const [digits] = /^\d{1,9}/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Compares the closing balance of a statement with the opening balance of the next statement.
 * @returns a description of the difference; `undefined` if the balances are equal or one of them is absent
 */
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
