/**
 * Assigns the entries of a batch to movements. Certain matches are assigned before probable ones. Two booked
 * entries are never merged.
 */
import { ChainIndex } from './chain-index.js';
import type { Imprint } from './identity.js';
import type { Item } from './item.js';
import { dayOf } from './local-time.js';
import type { LocalTime } from './local-time.js';
import { splitBatch } from './split-batch.js';
import { KEY } from './metadata-keys.js';
import type { Seat } from './seat.js';

export interface Placed {
  item: Item;
  seat: Seat;
  /** False when the stored record is more reliable than this entry: nothing is served. */
  serve: boolean;
  /**
   * Fingerprint of the movement after an earlier version of this statement. Absent if that version did not
   * have the entry.
   */
  before?: Imprint;
}

/** A pending entry that is older than this number of days is not matched with a new booking. */
const PENDING_DAYS = 15;

/** Selects movements that may be assigned to an entry without an exact match. */
interface Rule {
  of(item: Item): boolean;
  allows(item: Item, seat: Seat): boolean;
}

const isPending = ({ entry }: Item): boolean => entry.status !== 'BOOK';

/**
 * Ordered from certain to probable. A booked entry takes an announced movement. A report is first compared
 * with booked movements, because a movement that is reported late must not be counted twice. If this fails,
 * the later booking is matched with the report.
 */
const RULES: readonly Rule[] = [
  { of: ({ settled }) => settled, allows: isNamed },
  { of: ({ settled }) => settled, allows: () => true },
  { of: ({ settled }) => !settled, allows: (item, seat) => isStated(seat) && isNamed(item, seat) },
  {
    of: ({ settled }) => !settled,
    allows: (item, seat) => (isPending(item) ? isElsewhere(item, seat) && !isOpen(seat) : isStated(seat)),
  },
  { of: ({ settled }) => !settled, allows: isNamed },
  {
    of: (item) => !item.settled && !isPending(item),
    // Interim reports and notifications of one bank may describe a movement differently. Two reports of the
    // same kind do not.
    allows: ({ statement }, seat) =>
      isOpen(seat) || (seat.imprint?.notice !== '') !== (statement.start.kind === 'notification'),
  },
];

export class Matching {
  private readonly placed = new Map<Item, Placed>();
  private readonly touched = new Set<Seat>();
  private readonly indexes = new Map<string, ChainIndex>();

  /**
   * @param guessedIds ids of movements that were assigned by guess in earlier batches of the same statement;
   * extended here
   */
  constructor(
    private readonly chains: ReadonlyMap<string, Seat[]>,
    private readonly guessed: Set<string>,
    private readonly time: LocalTime,
  ) {}

  /** @param items entries of one statement, in order */
  place(items: readonly Item[]): Placed[] {
    for (const item of items) this.settle(item, this.findOwn(item));
    for (const item of items) if (item.settled && !this.placed.has(item)) this.takeLeft(item);
    for (const rule of RULES) {
      for (const item of items) {
        if (this.placed.has(item) || !rule.of(item)) continue;
        this.settle(item, this.findBest(item, rule), this.guessed);
      }
    }
    return items.map((item) => this.placed.get(item) ?? this.takeNext(item));
  }

  /** Returns the movement that already has this entry, or one that was announced with equal facts. */
  private findOwn(item: Item): Seat | undefined {
    const { token, facts, chains, ordinal } = item;
    const equal = this.chain(chains[0]).ofFacts(facts.all);
    if (!item.settled) return equal.filter((seat) => this.isSame(item, seat))[ordinal];
    const all = chains.map((chain) => this.chain(chain));
    return (
      firstOf(all, (chain) => chain.ofClaim(token)) ??
      firstOf(all, (chain) => {
        const seat = chain.ofReference(facts.reference);
        return seat && agree(item, seat) ? seat : undefined;
      }) ??
      equal.find((seat) => this.isFree(item, seat))
    );
  }

  private findBest(item: Item, rule: Rule): Seat | undefined {
    return best(
      item,
      this.candidates(item).filter((seat) => rule.allows(item, seat)),
    );
  }

  private candidates(item: Item): Seat[] {
    return item.chains
      .map((chain) => this.chain(chain))
      .flatMap(({ seats, unclaimed }) => (item.settled ? unclaimed : seats))
      .filter(
        (seat) =>
          !this.touched.has(seat) &&
          !this.guessed.has(seat.id) &&
          // `findExact` has counted equal entries of a report. The remaining movements belong to other
          // entries.
          (item.settled || seat.chain !== item.chains[0] || seat.imprint?.facts.all !== item.facts.all) &&
          agree(item, seat) &&
          (item.settled ? this.isFree(item, seat) : this.isSame(item, seat)),
      );
  }

  /** Returns whether a booked entry may take over the movement. */
  private isFree(item: Item, seat: Seat): boolean {
    return !seat.imprint?.claim && !this.touched.has(seat) && this.isRecent(item, seat);
  }

  /** Returns whether an announced entry may describe this movement. */
  private isSame(item: Item, seat: Seat): boolean {
    const { start } = item.statement;
    if (sharesReference(item, seat.imprint)) return true;
    // Notifications do not repeat movements: an entry of another notification is another movement.
    if (start.kind === 'notification' && seat.imprint?.notice && seat.imprint.notice !== item.token)
      return false;
    // A report that starts after the end of another one does not repeat its entries.
    const until = seat.metadata[KEY.interimUntil];
    const from =
      start.from?.includes('T') && start.from !== start.to ? this.time.moment(start.from) : undefined;
    if (until !== undefined && from !== undefined && from >= (this.time.moment(until) ?? Infinity))
      return false;
    return this.isRecent(item, seat);
  }

  private isRecent(item: Item, seat: Seat): boolean {
    if (seat.status !== 'PENDING' || sharesReference(item, seat.imprint)) return true;
    const { entry, statement } = item;
    const day = dayOf(entry.bookedAt ?? entry.valueAt ?? statement.start.createdAt ?? statement.start.to);
    const since = seat.metadata[KEY.createdAt];
    if (day === undefined || since === undefined) return true;
    return Math.abs(Date.parse(day) - Date.parse(since)) <= PENDING_DAYS * 86_400_000;
  }

  private chain(name = ''): ChainIndex {
    const known = this.indexes.get(name) ?? new ChainIndex(this.chains.get(name) ?? []);
    this.indexes.set(name, known);
    return known;
  }

  private settle(item: Item, seat: Seat | undefined, guessed?: Set<string>): void {
    if (!seat || this.placed.has(item)) return;
    const before = item.settled && seat.imprint?.claim === item.token ? seat.imprint : undefined;
    this.placed.set(item, { item, seat, serve: isNews(item, seat), ...(before && { before }) });
    this.touched.add(seat);
    if (!item.settled) guessed?.add(seat.id);
    if (item.settled && !seat.imprint?.claim)
      seat.imprint = { notice: '', ...seat.imprint, ...claimOf(item) };
  }

  /**
   * Assigns a movement of an earlier version of the statement whose entry was reworded. The amount is equal
   * and the statement's total is unchanged.
   */
  private takeLeft(item: Item): void {
    const fits = ({ details }: Seat): boolean => details === 0 || splitBatch(item.entry)?.length === details;
    const left = item.chains
      .flatMap((chain) => this.chain(chain).left(item))
      .filter((seat) => !this.touched.has(seat) && fits(seat));
    const seat = best(item, left);
    if (!seat?.imprint) return;
    const before = seat.imprint;
    seat.imprint = { ...before, ...claimOf(item) };
    this.touched.add(seat);
    this.placed.set(item, { item, seat, serve: true, before });
  }

  private takeNext(item: Item): Placed {
    const [chain = ''] = item.chains;
    const seat = this.chain(chain).append(chain);
    this.touched.add(seat);
    return { item, seat, serve: true };
  }
}

function best(item: Item, seats: readonly Seat[]): Seat | undefined {
  return seats.reduce<Seat | undefined>(
    (found, seat) => (found && likeness(item, found) >= likeness(item, seat) ? found : seat),
    undefined,
  );
}

function firstOf(
  chains: readonly ChainIndex[],
  find: (chain: ChainIndex) => Seat | undefined,
): Seat | undefined {
  for (const chain of chains) {
    const seat = find(chain);
    if (seat) return seat;
  }
  return undefined;
}

function claimOf(item: Item): Pick<Imprint, 'claim' | 'version' | 'facts'> {
  return { claim: item.token, version: item.statement.version, facts: item.facts };
}

/** Returns whether the entry adds information. A booked statement is final; reports only announce. */
function isNews(item: Item, seat: Seat): boolean {
  if (item.settled) return !seat.imprint?.claim || seat.imprint.claim === item.token;
  if (seat.imprint?.claim) return false;
  if (seat.status === 'PENDING') return true;
  return item.entry.status === 'BOOK' && seat.imprint?.facts.all === item.facts.all;
}

function sharesReference(item: Item, imprint: Imprint | undefined): boolean {
  return item.facts.reference !== '' && item.facts.reference === imprint?.facts.reference;
}

/**
 * Returns false if a fact that both have differs. Banks give pending entries their own references, so these
 * are not compared.
 */
function agree({ facts }: Item, { imprint, status }: Seat): boolean {
  if (!imprint) return true;
  const differ = (a: string, b: string): boolean => a !== '' && b !== '' && a !== b;
  return (
    !differ(facts.payment, imprint.facts.payment) &&
    !differ(facts.counterparty, imprint.facts.counterparty) &&
    (status === 'PENDING' || !differ(facts.reference, imprint.facts.reference))
  );
}

/**
 * Rates the similarity. Movements that are not pending are preferred: they already count as money, so they
 * must not remain unmatched.
 */
function likeness({ facts }: Item, seat: Seat): number {
  const equal = (a: string, b: string | undefined, weight: number): number =>
    a !== '' && a === b ? weight : 0;
  return (
    (isOpen(seat) ? 0 : 4) +
    equal(facts.text, seat.imprint?.facts.text, 2) +
    equal(facts.counterparty, seat.imprint?.facts.counterparty, 1)
  );
}

/** Returns whether the bank's or the payer's reference is equal, or all facts are equal on another day. */
function isNamed(item: Item, { imprint }: Seat): boolean {
  return (
    sharesReference(item, imprint) ||
    (item.facts.payment !== '' && imprint?.facts.payment === item.facts.payment) ||
    imprint?.facts.all === item.facts.all
  );
}

/** Returns whether a booked statement contains the movement. */
function isStated({ imprint }: Seat): boolean {
  return imprint !== undefined && imprint.claim !== '';
}

function isOpen({ status }: Seat): boolean {
  return status === 'PENDING';
}

function isElsewhere(item: Item, { chain }: Seat): boolean {
  return chain !== item.chains[0];
}
