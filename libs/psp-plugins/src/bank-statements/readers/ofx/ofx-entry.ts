/** Converts the elements of one OFX transaction (STMTTRN) to an entry. */
import type { Entry, Party, ReferenceName } from '../../statements/statement.types.js';
import { StatementError } from '../../statements/statement.types.js';
import {
  collapseWhitespace,
  describeGroupingAmbiguity,
  isIban,
  isPlaceholderReference,
  quoteValue,
} from '../value-parsers.js';
import { parseOfxAmount, parseOfxDate } from './ofx-value-parsers.js';

/** The values by element name. For an element within PAYEE, BANKACCTTO or CURRENCY, the key begins with the name of the outer element. */
export type OfxElementValues = ReadonlyMap<string, string>;

/**
 * Converts the values of a transaction.
 * @param currency the currency of the statement
 * @throws StatementError if the amount, the day or the id of the transaction cannot be read
 */
export function toOfxEntry(values: OfxElementValues, currency: string, position: string, raw: string): Entry {
  const reject = (what: string): never => {
    throw new StatementError(`${position}: ${what}`);
  };
  const written = values.get('TRNAMT') ?? '';
  const { creditDebit, amount } =
    parseOfxAmount(written) ?? reject(`TRNAMT is ${quoteValue(written)}; expected an amount such as -12.50`);
  const day = values.get('DTPOSTED') ?? '';
  const bookedAt =
    parseOfxDate(day) ?? reject(`DTPOSTED is ${quoteValue(day)}; expected a day such as 20260304`);
  const id = values.get('FITID') ?? reject('FITID is absent; expected the id of the transaction');
  const ambiguity = describeAmbiguity(values, currency) ?? describeGroupingAmbiguity(written, currency);
  const name = values.get('PAYEE NAME') ?? values.get('NAME');
  const party = toParty(values, name);
  const remittance = collapseWhitespace(values.get('MEMO') ?? '');
  const valueAt = parseOfxDate(values.get('DTAVAIL') ?? '');
  const proprietaryCode = values.get('TRNTYPE');
  return {
    part: 'entry',
    bankReference: id,
    references: toReferences(values),
    ...(party && { counterparty: party }),
    ...(remittance !== undefined && { remittance }),
    ...(proprietaryCode !== undefined && { proprietaryCode }),
    creditDebit,
    reversal: false,
    status: 'BOOK',
    amount,
    currency,
    bookedAt,
    ...(valueAt !== undefined && { valueAt }),
    ...(ambiguity !== undefined && { ambiguity }),
    details: [],
    position,
    raw,
  };
}

/** Returns the reason why the transaction cannot be served without a change of its meaning, or `undefined` if it can. */
function describeAmbiguity(values: OfxElementValues, currency: string): string | undefined {
  const corrected = values.get('CORRECTFITID');
  if (corrected !== undefined)
    return `it corrects the transaction ${quoteValue(corrected)}, which is served as the bank sent it first; book the difference`;
  const other = values.get('CURRENCY CURSYM');
  return other === undefined || other === currency
    ? undefined
    : `its amount is in ${quoteValue(other)}, and the statement is in ${currency}`;
}

function toReferences(values: OfxElementValues): Partial<Record<ReferenceName, string>> {
  const references: Partial<Record<ReferenceName, string>> = {};
  const cheque = values.get('CHECKNUM');
  const reference = values.get('REFNUM');
  if (cheque !== undefined && !/^0*$/.test(cheque)) references.chequeNumber = cheque;
  if (reference !== undefined && !isPlaceholderReference(reference)) references.customerReference = reference;
  return references;
}

function toParty(values: OfxElementValues, name: string | undefined): Party | undefined {
  const number = values.get('BANKACCTTO ACCTID')?.replaceAll(' ', '');
  if (name === undefined && number === undefined) return undefined;
  return {
    ...(name !== undefined && { name }),
    ...(number !== undefined && (isIban(number) ? { iban: number } : { accountNumber: number })),
  };
}
