/** Parses amounts, dates and accounts in ISO 20022 messages. It supports every version of camt.052, camt.053 and camt.054. */
import type { CreditDebit, StatementAccount, StatementBalance } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import {
  isDecimal,
  isEmptyDate,
  parseIsoDateOrTime,
  quoteValue,
  resolveValueDate,
} from '../value-parsers.js';
import type { XmlNode } from './xml-node.js';
import { findChild, findCode, omitUndefined, findNode, findText } from './xml-node.js';

/** A function that throws a StatementError. The message contains the location: `line 120: Ntry 3 of Stmt 1: …`. */
export type RejectElement = (what: string) => never;

export function createElementRejecter(place: string): RejectElement {
  return (what) => {
    throw new StatementError(`${place}: ${what}`);
  };
}

/** A function that reports a value that moves no money and cannot be read. The value is omitted from the statement. */
export type ReportUnreadableValue = (what: string) => void;

class Unreadable extends Error {}

const rejectOptionalValue: RejectElement = (what) => {
  throw new Unreadable(what);
};

/**
 * Reads a value that moves no money. If the value cannot be read, this is reported, and the value is omitted.
 * @param read a function that reads the value. If it cannot read the value, it calls its argument with the reason
 */
export function readOrReport<T>(
  read: (fail: RejectElement) => T,
  report: ReportUnreadableValue,
): T | undefined {
  try {
    return read(rejectOptionalValue);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    report(error.message);
    return undefined;
  }
}

export interface CamtAmount {
  amount: string;
  currency: string;
}

/** Reads an amount: `<Amt Ccy="EUR">12.50</Amt>`. The amount has no sign; the direction is in `CdtDbtInd`. */
export function readAmount(node: XmlNode, fail: RejectElement, accountCurrency?: string): CamtAmount {
  const amount = node.text.trim().replace(/^\+/, '');
  if (!isDecimal(amount))
    fail(`<${node.name}> is ${quoteValue(amount)}; expected an amount without a sign, e.g. 12.50`);
  const currency = node.currency?.trim() ?? accountCurrency;
  if (currency === undefined || !/^[A-Z]{3}$/.test(currency)) {
    fail(
      `<${node.name}> has the currency ${quoteValue(currency ?? '')}; expected three letters in Ccy, e.g. EUR`,
    );
  }
  return { amount, currency };
}

export function readCreditDebit(node: XmlNode, fail: RejectElement): CreditDebit {
  const word = findText(node, 'CdtDbtInd');
  if (word === 'CRDT' || word === 'DBIT') return word;
  fail(`<CdtDbtInd> is ${word === undefined ? 'missing' : quoteValue(word)}; expected CRDT or DBIT`);
}

/** Reads the element `Dt` or `DtTm` inside the element `name`. `Dt` may contain a date with a time, because some banks write it there. */
export function readDate(node: XmlNode, name: string, fail: RejectElement): string | undefined {
  const choice = findChild(node, name);
  const text = findText(choice, 'DtTm') ?? findText(choice, 'Dt');
  return text === undefined || isEmptyDate(text) ? undefined : parseCamtDate(text, name, fail);
}

export function parseCamtDate(text: string, name: string, fail: RejectElement): string {
  return (
    parseIsoDateOrTime(text) ??
    fail(`<${name}> is ${quoteValue(text)}; expected a day of the calendar as YYYY-MM-DD, or a date and time`)
  );
}

/**
 * Reads the value date in `ValDt`. 30 February is accepted, because some banks count 30 days in every month. A value date that cannot be
 * read is reported and omitted, because it moves no money.
 */
export function readValueDate(
  node: XmlNode,
  report: ReportUnreadableValue,
): { valueAt?: string; valueDateAsFound?: string } {
  const choice = findChild(node, 'ValDt');
  const text = findText(choice, 'DtTm') ?? findText(choice, 'Dt');
  if (text === undefined || isEmptyDate(text)) return {};
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:[Z+-].*)?$/.exec(text) ?? [];
  const value =
    year === undefined ? undefined : resolveValueDate(Number(year), Number(month), Number(day), text);
  if (value?.asFound !== undefined) return { valueAt: value.date, valueDateAsFound: value.asFound };
  const valueAt = readOrReport((fail) => parseCamtDate(text, 'ValDt', fail), report);
  return valueAt === undefined ? {} : { valueAt };
}

/**
 * Reads the `IBAN`, or else the bank's own account number. This number is in `Othr/Id` since version 02. In version 01 it is in `BBAN`,
 * `UPIC` or `PrtryAcct/Id`.
 */
export function readAccountId(account: XmlNode | undefined): { id: string; isIban: boolean } | undefined {
  const id = findChild(account, 'Id');
  const iban = findText(id, 'IBAN')?.replaceAll(' ', '').toUpperCase();
  if (iban !== undefined) return { id: iban, isIban: true };
  const other =
    findText(id, 'Othr', 'Id') ??
    findText(id, 'BBAN') ??
    findText(id, 'UPIC') ??
    findText(id, 'PrtryAcct', 'Id');
  return other === undefined ? undefined : { id: other, isIban: false };
}

export function readBic(institution: XmlNode | undefined): string | undefined {
  return findText(institution, 'BICFI') ?? findText(institution, 'BIC');
}

export function readAccount(node: XmlNode, fail: RejectElement): StatementAccount {
  const id = readAccountId(node) ?? fail('<Acct> has no number; expected Id/IBAN or Id/Othr/Id');
  const servicer = findNode(node, 'Svcr', 'FinInstnId');
  return omitUndefined({
    ...id,
    currency: findText(node, 'Ccy'),
    name: findText(node, 'Nm'),
    ownerName: findText(node, 'Ownr', 'Nm') ?? findText(node, 'Ownr', 'Pty', 'Nm'),
    servicer:
      readBic(servicer) ?? findText(servicer, 'ClrSysMmbId', 'MmbId') ?? findText(servicer, 'Othr', 'Id'),
  });
}

/** The codes of the balances that prove that no entry is missing. */
const CHECKED_BALANCES = new Set(['OPBD', 'CLBD', 'PRCD', 'ITBD']);

export function isCheckedBalance(code: string | undefined): boolean {
  return CHECKED_BALANCES.has(code ?? '');
}

/**
 * Returns the code of a balance, e.g. `CLBD`. A code of a balance that is checked is recognised in small letters, too. Otherwise the statement
 * would not be checked, without a warning.
 */
export function readBalanceCode(node: XmlNode): string | undefined {
  const type = findChild(node, 'Tp');
  const code = findCode(type, 'CdOrPrtry') ?? findText(type, 'Cd') ?? findText(type, 'Prtry');
  const inCapitals = code?.toUpperCase();
  return isCheckedBalance(inCapitals) ? inCapitals : code;
}

export function readBalance(
  node: XmlNode,
  fail: RejectElement,
  accountCurrency: string | undefined,
): StatementBalance {
  const code = readBalanceCode(node);
  const amount = findChild(node, 'Amt') ?? fail('<Bal> has no <Amt>; expected an amount');
  return omitUndefined({
    code: code ?? fail('<Bal> has no type; expected Tp/CdOrPrtry/Cd, e.g. CLBD'),
    creditDebit: readCreditDebit(node, fail),
    ...readAmount(amount, fail, accountCurrency),
    at: readDate(node, 'Dt', fail),
    intermediate: findCode(findChild(node, 'Tp'), 'SubTp') === 'INTM' ? true : undefined,
  });
}
