import type { Party, ReferenceName } from '../../statements/statement.types.js';
import { isBic, isIban, isPlaceholderReference, collapseWhitespace } from '../value-parsers.js';
import type { OwnerInformation } from './mt-field-parsers.js';

const CODE_WORD_REFERENCES: Readonly<Record<string, ReferenceName>> = {
  EREF: 'endToEndId',
  KREF: 'customerReference',
  MARF: 'mandateId',
  CSID: 'creditorId',
  PREF: 'paymentInformationId',
};
/** Matches the code words of Rabobank, ABN AMRO and ING. Source: the descriptions of "MT940 structured" by these banks. */
const CODE_WORD_PATTERN =
  /\/(RTRN|BENM|ORDP|NAME|ID|ADDR|REMI|CDTRREFTP|CDTRREF|USTD|STRD|CUR|EREF|KREF|PREF|IREF|ISDT|CSID|MARF|TRCD|SVCL|ULTB|ULTC|ULTD|PURP|IBAN|BIC|TRTP|CNTP|BUSP|NRTX|PMID|SUBJ|OCMT|EXCH|CHGS)\//g;

/**
 * Reads the structured text of Dutch banks: `/EREF/4711/BENM//NAME/JOHN DOE/REMI/text/ISDT/2013-01-02` or
 * `/CNTP/<account>/<BIC>/<name>/<city>//`.
 */
export function readDutchInformation(text: string): OwnerInformation {
  const details: OwnerInformation = { references: {} };
  const party: Party = {};
  const remittance: string[] = [];
  const other: string[] = [];
  for (const [code, value] of splitCodeWords(text)) {
    const reference = CODE_WORD_REFERENCES[code];
    if (reference !== undefined) {
      if (!isPlaceholderReference(value)) details.references = { ...details.references, [reference]: value };
    } else if (!applyCodeWord(details, party, code, value)) {
      if (/^(?:REMI|USTD|STRD|)$/.test(code)) remittance.push(value);
      else if (value !== '' && code !== 'CUR') other.push(code === 'TRTP' ? value : `/${code}/${value}`);
    }
  }
  const remitted = collapseWhitespace(remittance.join(' '));
  const additional = collapseWhitespace(other.join(' '));
  return {
    ...details,
    ...(Object.keys(party).length === 0 ? {} : { counterparty: party }),
    ...(remitted === undefined ? {} : { remittance: remitted }),
    ...(additional === undefined ? {} : { additionalInformation: additional }),
  };
}

function* splitCodeWords(text: string): Generator<[string, string]> {
  const marks: { code: string; from: number; to: number }[] = [];
  CODE_WORD_PATTERN.lastIndex = 0;
  for (let mark = CODE_WORD_PATTERN.exec(text); mark; mark = CODE_WORD_PATTERN.exec(text)) {
    marks.push({ code: mark[1] ?? '', from: mark.index, to: CODE_WORD_PATTERN.lastIndex });
    // The search continues at the last slash, because one slash may end a code word and also begin the next code word.
    CODE_WORD_PATTERN.lastIndex -= 1;
  }
  const first = text.slice(0, marks[0]?.from);
  if (first.trim() !== '') yield ['', first];
  for (const [index, { code, to }] of marks.entries()) {
    const value = text.slice(to, Math.max(to, marks[index + 1]?.from ?? text.length));
    // The leading slashes of CNTP are kept, because its first field is empty if there is no account.
    const slashes = code === 'CNTP' ? /\/+$/ : /^\/+|\/+$/g;
    yield [code, collapseWhitespace(value)?.replace(slashes, '') ?? ''];
  }
}

/**
 * Stores the value of a code word.
 * @returns true if the code word describes the payment or the counterparty
 */
function applyCodeWord(details: OwnerInformation, party: Party, code: string, value: string): boolean {
  if (value === '') return code === 'BENM' || code === 'ORDP';
  switch (code) {
    case 'NAME':
      party.name ??= value;
      return true;
    case 'ADDR':
      party.addressLine = value;
      return true;
    case 'IBAN':
      setAccount(party, value);
      return true;
    case 'BIC':
      party.bic = value;
      return true;
    case 'CNTP':
      readCounterparty(party, value);
      return true;
    case 'CDTRREF':
      details.creditorReference = value;
      return true;
    case 'PURP':
      details.purpose = value.replace(/^CD\//, '');
      return true;
    case 'RTRN':
      details.returnReason = value;
      return true;
    default:
      return false;
  }
}

function readCounterparty(party: Party, value: string): void {
  const [account = '', bic = '', name = '', city = ''] = value.split('/').map((part) => part.trim());
  if (account !== '') setAccount(party, account);
  if (isBic(bic)) party.bic = bic;
  if (name !== '') party.name = name;
  if (city !== '') party.city = city;
}

function setAccount(party: Party, account: string): void {
  if (isIban(account)) party.iban = account;
  else party.accountNumber = account;
}
