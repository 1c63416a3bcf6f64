/**
 * Which seat each entry of a batch belongs to. The order of certainty: an entry that can be sure of its seat takes it before
 * one that can only guess. Nothing here merges two booked entries, whatever they look like.
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
  /** False when the feed already knows better: nothing is to be served. */
  serve: boolean;
  /** How the same statement had it when it came before; absent for what it had not. */
  before?: Imprint;
}

/** A pending entry that was not booked for so long is not the one that is booked now. */
const PENDING_DAYS = 15;

/** Which seats an entry may be given when it has none of its own. */
interface Rule {
  of(item: Item): boolean;
  allows(item: Item, seat: Seat): boolean;
}

const isPending = ({ entry }: Item): boolean => entry.status !== 'BOOK';

/**
 * From certain to likely. A booked entry takes what was announced of it. A report first looks for what is booked already,
 * because a movement that is told of late must not count twice; one that is missed here comes with its own booking.
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
    // Interim reports and notifications of one bank may use different words; two of one kind do not.
    allows: ({ statement }, seat) =>
      isOpen(seat) || (seat.imprint?.notice !== '') !== (statement.start.kind === 'notification'),
  },
];

export class Matching {
  private readonly placed = new Map<Item, Placed>();
  private readonly touched = new Set<Seat>();
  private readonly indexes = new Map<string, ChainIndex>();

  /**
   * @param guessed ids of seats that entries of the same statement were given by guess, in earlier batches; grows
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

  /** The seat this very entry had before, or one that an equal entry was announced at. */
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
          // Equal entries of a report are counted in `findOwn`: what is left was taken by another of them.
          (item.settled || seat.chain !== item.chains[0] || seat.imprint?.facts.all !== item.facts.all) &&
          agree(item, seat) &&
          (item.settled ? this.isFree(item, seat) : this.isSame(item, seat)),
      );
  }

  /** May a booked entry take it over? */
  private isFree(item: Item, seat: Seat): boolean {
    return !seat.imprint?.claim && !this.touched.has(seat) && this.isRecent(item, seat);
  }

  /** May an announced entry be the movement that has this seat? */
  private isSame(item: Item, seat: Seat): boolean {
    const { start } = item.statement;
    if (sharesReference(item, seat.imprint)) return true;
    // A notification is single: what another one announced is another movement.
    if (start.kind === 'notification' && seat.imprint?.notice && seat.imprint.notice !== item.token)
      return false;
    // A report that begins where another ended does not repeat it.
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

  /** The statement came before and said this in other words: bank and amount are the same, and its sum has not changed. */
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

/** The booked statement is the truth; reports only announce. */
function isNews(item: Item, seat: Seat): boolean {
  if (item.settled) return !seat.imprint?.claim || seat.imprint.claim === item.token;
  if (seat.imprint?.claim) return false;
  if (seat.status === 'PENDING') return true;
  return item.entry.status === 'BOOK' && seat.imprint?.facts.all === item.facts.all;
}

function sharesReference(item: Item, imprint: Imprint | undefined): boolean {
  return item.facts.reference !== '' && item.facts.reference === imprint?.facts.reference;
}

/** False when something that both say is different. Banks give pending entries references of their own. */
function agree({ facts }: Item, { imprint, status }: Seat): boolean {
  if (!imprint) return true;
  const differ = (a: string, b: string): boolean => a !== '' && b !== '' && a !== b;
  return (
    !differ(facts.payment, imprint.facts.payment) &&
    !differ(facts.counterparty, imprint.facts.counterparty) &&
    (status === 'PENDING' || !differ(facts.reference, imprint.facts.reference))
  );
}

/** An announcement that counts as money must not be left over when one that does not would do. */
function likeness({ facts }: Item, seat: Seat): number {
  const equal = (a: string, b: string | undefined, weight: number): number =>
    a !== '' && a === b ? weight : 0;
  return (
    (isOpen(seat) ? 0 : 4) +
    equal(facts.text, seat.imprint?.facts.text, 2) +
    equal(facts.counterparty, seat.imprint?.facts.counterparty, 1)
  );
}

/** The bank's or the payer's reference says so, or all facts are the same on another day. */
function isNamed(item: Item, { imprint }: Seat): boolean {
  return (
    sharesReference(item, imprint) ||
    (item.facts.payment !== '' && imprint?.facts.payment === item.facts.payment) ||
    imprint?.facts.all === item.facts.all
  );
}

/** A booked statement has it. */
function isStated({ imprint }: Seat): boolean {
  return imprint !== undefined && imprint.claim !== '';
}

function isOpen({ status }: Seat): boolean {
  return status === 'PENDING';
}

function isElsewhere(item: Item, { chain }: Seat): boolean {
  return chain !== item.chains[0];
}
