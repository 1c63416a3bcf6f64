/**
 * Which seat each entry of a batch belongs to. The order of certainty: an entry that can be sure of its seat takes it before
 * one that can only guess. Nothing here merges two booked entries, whatever they look like.
 */
import type { Imprint } from './identity.js';
import type { Item } from './item.js';
import { dayOf } from './local-time.js';
import type { LocalTime } from './local-time.js';
import { KEY } from './metadata-keys.js';
import type { Seat } from './seat.js';

export interface Placed {
  item: Item;
  seat: Seat;
  /** False when the feed already knows better: nothing is to be served. */
  serve: boolean;
}

/** A pending entry that was not booked for so long is not the one that is booked now. */
const PENDING_DAYS = 15;

export class Matching {
  private readonly placed = new Map<Item, Placed>();
  private readonly touched = new Set<Seat>();

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
    for (const item of items) this.settle(item, this.findNamed(item), this.guessed);
    for (const item of items) this.settle(item, this.findLikely(item), this.guessed);
    return items.map((item) => this.placed.get(item) ?? this.takeNext(item));
  }

  /** The seat this very entry had before, or one that an equal entry was announced at. */
  private findOwn(item: Item): Seat | undefined {
    const home = this.seats(item.chains[0]).filter((seat) => seat.imprint?.facts.all === item.facts.all);
    if (!item.settled) return home.filter((seat) => this.isSame(item, seat))[item.ordinal];
    const all = item.chains.flatMap((chain) => this.seats(chain));
    return (
      all.find(({ imprint }) => imprint?.claim === item.token) ??
      all.find((seat) => seat.imprint?.claim && sharesReference(item, seat.imprint) && agree(item, seat)) ??
      home.find((seat) => this.isFree(item, seat))
    );
  }

  /** A seat that the bank's or the payer's reference names, or that has the same facts on another day. */
  private findNamed(item: Item): Seat | undefined {
    return this.candidates(item).find(
      (seat) =>
        sharesReference(item, seat.imprint) ||
        (item.facts.payment !== '' && seat.imprint?.facts.payment === item.facts.payment) ||
        seat.imprint?.facts.all === item.facts.all,
    );
  }

  /** A seat with nothing against it: reports word the same movement differently, and some leave everything out. */
  private findLikely(item: Item): Seat | undefined {
    if (item.entry.status !== 'BOOK') return undefined;
    const seats = this.candidates(item).filter(
      ({ imprint, status }) =>
        item.settled ||
        imprint?.claim ||
        status === 'PENDING' ||
        // Interim reports and notifications of one bank may use different words; two of one kind do not.
        (imprint?.notice !== '') !== (item.statement.start.kind === 'notification'),
    );
    return seats.reduce<Seat | undefined>(
      (best, seat) => (best && likeness(item, best) >= likeness(item, seat) ? best : seat),
      undefined,
    );
  }

  private candidates(item: Item): Seat[] {
    if (this.placed.has(item)) return [];
    return item.chains
      .flatMap((chain) => this.seats(chain))
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

  private seats(chain: string | undefined): Seat[] {
    return (chain && this.chains.get(chain)) || [];
  }

  private settle(item: Item, seat: Seat | undefined, guessed?: Set<string>): void {
    if (!seat || this.placed.has(item)) return;
    this.placed.set(item, { item, seat, serve: isNews(item, seat) });
    this.touched.add(seat);
    if (!item.settled) guessed?.add(seat.id);
    if (item.settled && !seat.imprint?.claim)
      seat.imprint = { notice: '', ...seat.imprint, ...claimOf(item) };
  }

  private takeNext(item: Item): Placed {
    const chain = item.chains[0] ?? '';
    const seats = this.seats(chain);
    const seat: Seat = { id: `${chain}-${seats.length}`, chain, details: 0, metadata: {} };
    seats.push(seat);
    this.touched.add(seat);
    return { item, seat, serve: true };
  }
}

function claimOf(item: Item): Pick<Imprint, 'claim' | 'facts'> {
  return { claim: item.token, facts: item.facts };
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

function likeness({ facts }: Item, { imprint }: Seat): number {
  if (!imprint) return 0;
  const equal = (a: string, b: string, weight: number): number => (a !== '' && a === b ? weight : 0);
  return equal(facts.text, imprint.facts.text, 2) + equal(facts.counterparty, imprint.facts.counterparty, 1);
}
