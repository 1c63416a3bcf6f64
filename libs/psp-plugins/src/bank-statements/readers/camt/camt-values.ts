/** Parses ISO 20022 amounts, dates and accounts of every version of camt.052/.053/.054. */
import type { CreditDebit, StatementAccount, StatementBalance } from '../../statement.js';
import { StatementError } from '../../statement.js';
import { isDecimal, isoDateOrTime, quoted, valueDate } from '../values.js';
import type { XmlNode } from './xml-node.js';
import { childOf, codeAt, defined, nodeAt, textAt } from './xml-node.js';

/** Throws a StatementError with a fixed location: `line 120: Ntry 3 of Stmt 1: …`. */
export type Fail = (what: string) => never;

export function failIn(place: string): Fail {
  return (what) => {
    throw new StatementError(`${place}: ${what}`);
  };
}

export interface CamtAmount {
  amount: string;
  currency: string;
}

/** Reads `<Amt Ccy="EUR">12.50</Amt>`. The direction is in CdtDbtInd only. */
export function amountIn(node: XmlNode, fail: Fail, accountCurrency?: string): CamtAmount {
  const amount = node.text.trim().replace(/^\+/, '');
  if (!isDecimal(amount))
    fail(`<${node.name}> is ${quoted(amount)}; expected an amount without a sign, e.g. 12.50`);
  const currency = node.currency?.trim() ?? accountCurrency;
  if (currency === undefined || !/^[A-Z]{3}$/.test(currency)) {
    fail(
      `<${node.name}> has the currency ${quoted(currency ?? '')}; expected three letters in Ccy, e.g. EUR`,
    );
  }
  return { amount, currency };
}

export function creditDebitIn(node: XmlNode, fail: Fail): CreditDebit {
  const word = textAt(node, 'CdtDbtInd');
  if (word === 'CRDT' || word === 'DBIT') return word;
  fail(`<CdtDbtInd> is ${word === undefined ? 'missing' : quoted(word)}; expected CRDT or DBIT`);
}

/** Reads `Dt` or `DtTm` below `name`. Some banks put a date and time into `Dt`. */
export function dateAt(node: XmlNode, name: string, fail: Fail): string | undefined {
  const choice = childOf(node, name);
  const text = textAt(choice, 'DtTm') ?? textAt(choice, 'Dt');
  return text === undefined ? undefined : checkedDate(text, name, fail);
}

export function checkedDate(text: string, name: string, fail: Fail): string {
  return (
    isoDateOrTime(text) ??
    fail(`<${name}> is ${quoted(text)}; expected a day of the calendar as YYYY-MM-DD, or a date and time`)
  );
}

/** Reads `ValDt`. 30 February is accepted, because some banks count 30 days in every month. */
export function valueDateOf(node: XmlNode, fail: Fail): { valueAt?: string; valueDateAsFound?: string } {
  const choice = childOf(node, 'ValDt');
  const text = textAt(choice, 'DtTm') ?? textAt(choice, 'Dt');
  if (text === undefined) return {};
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})(?:[Z+-].*)?$/.exec(text) ?? [];
  const value = year === undefined ? undefined : valueDate(Number(year), Number(month), Number(day), text);
  if (value?.asFound === undefined) return { valueAt: checkedDate(text, 'ValDt', fail) };
  return { valueAt: value.date, valueDateAsFound: value.asFound };
}

/**
 * Reads the `IBAN`, or the bank's own number: `Othr/Id` since version 02; `BBAN`, `UPIC`, `PrtryAcct/Id` in
 * version 01.
 */
export function accountIdIn(account: XmlNode | undefined): { id: string; isIban: boolean } | undefined {
  const id = childOf(account, 'Id');
  const iban = textAt(id, 'IBAN')?.replaceAll(' ', '').toUpperCase();
  if (iban !== undefined) return { id: iban, isIban: true };
  const other =
    textAt(id, 'Othr', 'Id') ?? textAt(id, 'BBAN') ?? textAt(id, 'UPIC') ?? textAt(id, 'PrtryAcct', 'Id');
  return other === undefined ? undefined : { id: other, isIban: false };
}

export function bicIn(institution: XmlNode | undefined): string | undefined {
  return textAt(institution, 'BICFI') ?? textAt(institution, 'BIC');
}

export function readAccount(node: XmlNode, fail: Fail): StatementAccount {
  const id = accountIdIn(node) ?? fail('<Acct> has no number; expected Id/IBAN or Id/Othr/Id');
  const servicer = nodeAt(node, 'Svcr', 'FinInstnId');
  return defined({
    ...id,
    currency: textAt(node, 'Ccy'),
    name: textAt(node, 'Nm'),
    ownerName: textAt(node, 'Ownr', 'Nm') ?? textAt(node, 'Ownr', 'Pty', 'Nm'),
    servicer: bicIn(servicer) ?? textAt(servicer, 'ClrSysMmbId', 'MmbId') ?? textAt(servicer, 'Othr', 'Id'),
  });
}

export function readBalance(
  node: XmlNode,
  fail: Fail,
  accountCurrency: string | undefined,
): StatementBalance {
  const type = childOf(node, 'Tp');
  const code = codeAt(type, 'CdOrPrtry') ?? textAt(type, 'Cd') ?? textAt(type, 'Prtry');
  const amount = childOf(node, 'Amt') ?? fail('<Bal> has no <Amt>; expected an amount');
  return defined({
    code: code ?? fail('<Bal> has no type; expected Tp/CdOrPrtry/Cd, e.g. CLBD'),
    creditDebit: creditDebitIn(node, fail),
    ...amountIn(amount, fail, accountCurrency),
    at: dateAt(node, 'Dt', fail),
    intermediate: codeAt(type, 'SubTp') === 'INTM' ? true : undefined,
  });
}
