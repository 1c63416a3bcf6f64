/**
 * Which movement of money an entry tells of. Banks give no id that holds in every report, so an entry has its place in a
 * *chain*: all movements of one account with equal amount, currency and day. The n-th place of a chain is a *seat*, and the
 * seat's name is the transaction's id. What distinguishes the movements of a chain is kept as digests beside each record
 * (its *imprint*), so that the next statement can find its entries again. Why: docs/decisions/statement-identity.md.
 */
import { hash } from 'node:crypto';
import { dayOf } from './local-time.js';
import type { Entry, EntryFacts, StatementBalance, StatementStart } from './statement.js';

/** 12 characters, 72 bits. */
export function digest(...parts: (string | number | undefined)[]): string {
  return hash('sha256', JSON.stringify(parts.map((part) => part ?? '')), 'base64url').slice(0, 12);
}

/** What tells movements of one chain apart; empty where the bank does not say. */
export interface Facts {
  /** All of what follows. */
  all: string;
  /** The bank's own reference, where it is a strong one. */
  reference: string;
  /** What the payer called the payment. */
  payment: string;
  counterparty: string;
  text: string;
}

/** The facts as letters and digits, in a fixed order: reference, payment, counterparty, text, everything else. */
export function wordsOf(entry: EntryFacts): string[] {
  const { references, counterparty } = entry;
  const payment = references.endToEndId ?? references.customerReference;
  const text = [entry.remittance, entry.creditorReference].join(' ').trim() || entry.additionalInformation;
  const others = Object.entries(references).sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    ...[entry.bankReference, payment, counterparty?.iban ?? counterparty?.accountNumber, text].map(normalise),
    JSON.stringify(others),
  ];
}

export function factsOf(entry: EntryFacts): Facts {
  const words = wordsOf(entry);
  const [reference = '', payment, counterparty, text] = words;
  return {
    all: digest(...words),
    reference: isStrong(reference) ? digest(reference) : '',
    payment: digestOf(payment),
    counterparty: digestOf(counterparty),
    text: digestOf(text),
  };
}

/** Banks wrap and pad differently in different reports: letters and digits are what stays. */
function normalise(text: string | undefined): string {
  return (text ?? '').toUpperCase().replace(/[^\p{L}\p{N}]/gu, '');
}

function digestOf(normalised: string | undefined): string {
  return normalised ? digest(normalised) : '';
}

const PLACEHOLDERS = new Set(['NONREF', 'NOREF', 'NOTPROVIDED', 'NOTAVAILABLE', 'UNKNOWN', 'REFERENCE']);

/** Counters that start anew (`//0001`) and placeholders say nothing outside of their statement. */
export function isStrong(normalised: string): boolean {
  const text = normalised.replace(/^0+/, '');
  return text.length >= 5 && !PLACEHOLDERS.has(text) && !/^(.)\1*$/.test(text);
}

/** The account's id: an IBAN, or the bank's number, which is unique only together with the bank. */
export function accountIdOf({ account }: Pick<StatementStart, 'account'>): string {
  const { id, isIban, servicer } = account;
  // `:25:37040044/532013000` names the bank already.
  return isIban || !servicer || id.startsWith(servicer) ? id : `${servicer}.${id}`;
}

/** A kind of chain and its day. */
type Link = readonly [kind: 'booked' | 'value' | 'pending' | 'information', day?: string];

/**
 * The chains an entry may be found in, as links; the first is the one where it takes a seat.
 * - by booking day;
 * - by value day, when the booking day is not said (MT942 may leave it out);
 * - pending entries, which have no final day, whatever they say.
 * @param reported when the statement was made: where a pending entry without any day may already be booked
 */
export function linksOf(entry: Entry, reported?: string): [Link, ...Link[]] {
  const booked = dayOf(entry.bookedAt);
  const value = dayOf(entry.valueAt);
  const byBooking = (day?: string): Link[] => (day ? [['booked', day]] : []);
  switch (entry.status) {
    case 'INFO':
      return [['information', booked ?? value]];
    case 'PDNG':
    case 'FUTR':
      return [['pending'], ...[...new Set([booked, value ?? dayOf(reported)])].flatMap(byBooking)];
    case 'BOOK':
      return booked
        ? [['booked', booked], ['value', value], ['pending']]
        : [['value', value], ...byBooking(value), ['pending']];
    default:
      return entry.status satisfies never;
  }
}

export function chainOf(accountId: string, signedAmount: string, [kind, day = '']: Link): string {
  return hash('sha256', JSON.stringify([accountId, signedAmount, kind, day]), 'hex').slice(0, 24);
}

/**
 * Which statement this is, in whatever file it comes. Banks that number their statements may give the same one a new id at
 * every download, so the id counts only where there is no number; a number may start anew, so period and opening count too.
 * Where there is no number but a booked balance before and after that differ, those say it: no other statement moves the
 * account from one to the other. A BAI2 file counts the files of a day: its id holds the day.
 */
export function statementIdentity(start: StatementStart, balances: readonly StatementBalance[]): string {
  const numbered =
    start.kind !== 'notification' && start.format !== 'bai2' && /[1-9A-Z]/i.test(start.sequence ?? '');
  const opening = balances.find(({ code }) => code === 'OPBD' || code === 'PRCD' || code === 'ITBD');
  const move = start.kind === 'booked' ? moveOf(opening, closingOf(balances)) : undefined;
  return digest(
    accountIdOf(start),
    start.kind,
    numbered ? start.sequence : (move ?? `id ${start.id}`),
    start.from,
    start.to,
    start.page?.number,
    JSON.stringify(opening ? [balanceKey(opening)] : []),
  );
}

/** The statement with what it ends in: only a file that agrees in both may be the same one in other words. Empty without a closing balance. */
export function statementVersion(identity: string, balances: readonly StatementBalance[]): string {
  const closing = closingOf(balances);
  return closing ? digest(identity, JSON.stringify(balanceKey(closing))) : '';
}

function moveOf(
  opening: StatementBalance | undefined,
  closing: StatementBalance | undefined,
): string | undefined {
  if (!opening?.at || !closing?.at || opening.currency !== closing.currency) return undefined;
  const [before, after] = [balanceKey(opening), balanceKey(closing)];
  const same = before.slice(2).join() === after.slice(2).join();
  return same ? undefined : `to ${JSON.stringify(after)}`;
}

function closingOf(balances: readonly StatementBalance[]): StatementBalance | undefined {
  return balances.findLast(({ code }) => code === 'CLBD');
}

/** The same however its amount is written. */
function balanceKey({ code, at, creditDebit, amount, currency }: StatementBalance): (string | undefined)[] {
  const plain = amount.replace(/^0+(?=\d)/, '').replace(/\.0*$|(\.\d*?)0+$/, '$1');
  return [code, dayOf(at), creditDebit, plain, currency];
}

/** What a record of ours says about how it was recognised; kept in its metadata, digests only. */
export interface Imprint {
  /** The entry of the booked statement that the seat belongs to; empty while only announced. */
  claim: string;
  /** The statement of that entry, with its closing balance; empty where it has none. */
  version: string;
  /** The entry of the notification that announced it. */
  notice: string;
  facts: Facts;
}

export function formatImprint({ claim, version, notice, facts }: Imprint): string {
  const { all, reference, payment, counterparty, text } = facts;
  return [claim, version, notice, all, reference, payment, counterparty, text].join('.');
}

/** @returns `undefined` for what `formatImprint` never returns. */
export function parseImprint(written: string | undefined): Imprint | undefined {
  const parts = written?.split('.') ?? [];
  if (parts.length !== 8) return undefined;
  const [claim = '', version = '', notice = '', all = '', ...facts] = parts;
  const [reference = '', payment = '', counterparty = '', text = ''] = facts;
  return { claim, version, notice, facts: { all, reference, payment, counterparty, text } };
}
