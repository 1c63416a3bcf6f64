import type { Party, ReferenceName, StatementAccount } from '../../statements/statement.types.js';
import { isBic, isIban, isPlaceholderReference, collapseWhitespace } from '../value-parsers.js';
import { isOwnAccountNumber, removeOwnAccount } from './remove-own-account.js';
import type { OwnerInformation } from './mt-field-parsers.js';

/**
 * For each SEPA keyword in `?20` … `?29`, the name of the reference. Source: DFÜ agreement of Die Deutsche Kreditwirtschaft, annex 3,
 * MT940.
 */
const KEYWORD_REFERENCES: Readonly<Record<string, ReferenceName>> = {
  'EREF+': 'endToEndId',
  'KREF+': 'customerReference',
  'MREF+': 'mandateId',
  'CRED+': 'creditorId',
};
const KEYWORD_PATTERN =
  /(?:^|(?<=\s))(EREF\+|KREF\+|MREF\+|BREF\+|RREF\+|CRED\+|DEBT\+|COAM\+|OAMT\+|SVWZ\+|ABWA\+|ABWE\+|IBAN\+|BIC\+|PURP\+|MDAT\+|SQTP\+|ORCR\+|ORMR\+|MTLG:)/g;
/**
 * The minimum number of characters of a full subfield. A subfield has 27 characters, but banks remove a blank at its end. If a subfield is
 * shorter, its text does not continue in the next subfield.
 */
const MIN_FULL_SUBFIELD_LENGTH = 26;
/** The transaction codes of returned direct debits and transfers. With these codes, a text key of 9xx is the return reason. */
const RETURN_CODES = new Set(['108', '109', '159']);

/**
 * Reads the structured text of German banks: `?00GUTSCHRIFT?10399?20EREF+…?30BIC?31IBAN?32NAME?34914`. The delimiter may be any character.
 */
export function readGermanInformation(
  code: string,
  text: string,
  delimiter: string,
  own?: StatementAccount,
): OwnerInformation {
  const fields = splitSubfields(text, delimiter);
  const get = (key: string) => fields.filter(([name]) => name === key).map(([, value]) => value);
  const purposeParts = fields.filter(([key]) => /^[26]\d$/.test(key)).map(([, value]) => value);
  const purpose = readRemittance(purposeParts);
  const textKey = get('34')[0]?.trim();
  const returned = RETURN_CODES.has(code) && /^9\d\d$/.test(textKey ?? '');
  const rest = fields
    .filter(([key]) => !/^(?:00|10|2\d|3[0-4]|38|6[0-3])$/.test(key))
    .map(([, value]) => value);
  const named = removeOwnAccount(readParty(get, purpose), own);
  const counterparty =
    named?.iban || named?.accountNumber ? named : addAccountOfPurpose(named, purposeParts, own);
  const additional = collapseWhitespace([...get('00'), ...purpose.other, ...rest].join(' '));
  return {
    references: purpose.references,
    transactionCodes: [code, get('10')[0]?.trim(), textKey].filter(Boolean).join('+'),
    ...(counterparty === undefined ? {} : { counterparty }),
    ...(purpose.text === undefined ? {} : { remittance: purpose.text }),
    ...(purpose.bankReference === undefined ? {} : { bankReference: purpose.bankReference }),
    ...(purpose.purpose === undefined ? {} : { purpose: purpose.purpose }),
    ...(additional === undefined ? {} : { additionalInformation: additional }),
    ...(returned ? { returnReason: textKey } : {}),
  };
}

function splitSubfields(text: string, delimiter: string): [string, string][] {
  const fields: [string, string][] = [];
  for (const part of text.split(delimiter)) {
    const last = fields.at(-1);
    if (/^\d\d/.test(part)) fields.push([part.slice(0, 2), part.slice(2)]);
    // A delimiter is followed by two digits. Otherwise it is a part of the text.
    else if (last) last[1] += delimiter + part;
  }
  return fields;
}

interface RemittanceFields {
  references: Partial<Record<ReferenceName, string>>;
  bankReference?: string;
  purpose?: string;
  iban?: string;
  bic?: string;
  text?: string;
  other: string[];
}

/** Separates the values of keywords from the rest of the remittance text. */
function readRemittance(parts: readonly string[]): RemittanceFields {
  const joined = parts.map((part) => (part.length >= MIN_FULL_SUBFIELD_LENGTH ? part : `${part}\n`)).join('');
  const marks = [...joined.matchAll(KEYWORD_PATTERN)];
  const texts = [joined.slice(0, marks[0]?.index)];
  const purpose: RemittanceFields = { references: {}, other: [] };
  marks.forEach((mark, index) => {
    const value = joined.slice(mark.index + mark[0].length, marks[index + 1]?.index);
    if (mark[1] === 'SVWZ+') texts.push(value);
    else texts.push(storeKeyword(purpose, mark[1] ?? '', value));
  });
  const text = collapseWhitespace(texts.join(' '));
  return text === undefined ? purpose : { ...purpose, text };
}

/**
 * Stores the value of a keyword.
 * @returns the rest of the text, which belongs to no keyword
 */
function storeKeyword(purpose: RemittanceFields, keyword: string, value: string): string {
  const end = value.indexOf('\n');
  const line = collapseWhitespace(end === -1 ? value : value.slice(0, end)) ?? '';
  const rest = end === -1 ? '' : value.slice(end + 1);
  const reference = KEYWORD_REFERENCES[keyword];
  if (reference !== undefined) {
    if (!isPlaceholderReference(line)) purpose.references[reference] = line;
    return rest;
  }
  switch (keyword) {
    case 'BREF+':
      if (!isPlaceholderReference(line)) purpose.bankReference = line;
      return rest;
    case 'PURP+':
      // The purpose code has four letters. Text may follow after it.
      purpose.purpose = line.slice(0, 4);
      return `${line.slice(4)} ${rest}`;
    case 'IBAN+':
      purpose.iban = line;
      return rest;
    case 'BIC+':
      purpose.bic = line;
      return rest;
    case 'MTLG:':
      return value;
    default:
      purpose.other.push(`${keyword}${collapseWhitespace(value) ?? ''}`);
      return '';
  }
}

function readParty(get: (key: string) => string[], purpose: RemittanceFields): Party | undefined {
  const name = collapseWhitespace([...get('32'), ...get('33')].join(''));
  const bank = (get('30')[0] ?? purpose.bic ?? '').trim();
  const account = (get('38')[0] ?? get('31')[0] ?? purpose.iban ?? '').replaceAll(' ', '');
  // A national account number is stored together with its bank code (BLZ), as in `:25:`.
  const national = bank !== '' && !isBic(bank) && account !== '' ? `${bank}/${account}` : account;
  const party: Party = {
    ...(name === undefined ? {} : { name }),
    ...(isBic(bank) ? { bic: bank } : {}),
    ...(account === '' ? {} : isIban(account) ? { iban: account } : { accountNumber: national }),
  };
  return Object.keys(party).length === 0 ? undefined : party;
}

/**
 * Adds the account of the counterparty from the purpose. Triodos writes the account owner's own account into ?31, and the IBAN and BIC of
 * the counterparty into whole subfields of the purpose.
 */
function addAccountOfPurpose(
  party: Party | undefined,
  parts: readonly string[],
  own: StatementAccount | undefined,
): Party | undefined {
  const values = parts.map((part) => part.trim());
  const iban = values.find((value) => isIban(value) && (!own || !isOwnAccountNumber(value, own.id)));
  if (iban === undefined) return party;
  const bic = values.find((value) => isBic(value) && value.slice(4, 6) === iban.slice(0, 2));
  return { ...party, iban, ...(bic !== undefined && { bic }) };
}
