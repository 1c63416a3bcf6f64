/**
 * Masks the numbers of bank accounts and cards in recorded requests and responses. Only the last four characters stay, so that a person can
 * still compare the number with another document.
 */

const VISIBLE_CHARACTERS = 4;
/** The minimum length of a number that keeps its last characters. In a shorter number, these characters would be most of the number. */
const MIN_PARTLY_VISIBLE_LENGTH = 8;
const MASK = '****';

/** The endings of property names whose values are the number of an account or a card, in lower case and without separators. */
const ACCOUNT_NUMBER_NAMES =
  /(?:iban|bban|accountnumber|accountno|accountnr|cardnumber|cardno)$|^(?:pan|primaryaccountnumber)$/;
/** The names of objects whose property `number` is the number of an account or a card. */
const ACCOUNT_OBJECT_NAMES = /(?:account|card|iban)$/;

/** The countries that issue IBANs, according to the ISO 13616 registry. */
const IBAN_COUNTRIES =
  'AD AE AL AT AZ BA BE BG BH BI BR BY CH CR CY CZ DE DJ DK DO EE EG ES FI FK FO FR GB GE GI GL GR GT HN HR HU IE IL IQ IS IT JO KW KZ LB LC LI LT LU LV LY MC MD ME MK MN MR MT MU NI NL NO OM PK PL PS PT QA RO RS RU SA SC SD SE SI SK SM SO ST SV TL TN TR UA VA VG XK YE';
const IBAN_START = `(?<![A-Za-z0-9])(?:${IBAN_COUNTRIES.replaceAll(' ', '|')})\\d{2}`;
/** Matches an IBAN without separators. */
const COMPACT_IBAN_PATTERN = new RegExp(`${IBAN_START}[A-Z0-9]{11,30}(?![A-Za-z0-9])`, 'gi');
/** Matches an IBAN in groups of four characters. */
const GROUPED_IBAN_PATTERN = new RegExp(
  `${IBAN_START}(?:[ -][A-Z0-9]{4}){2,7}(?:[ -][A-Z0-9]{1,3})?(?![A-Za-z0-9])`,
  'g',
);
/**
 * The minimum number of digits behind the check digits. Identifiers that begin like an IBAN usually contain fewer digits. The checksum of an
 * IBAN is not used, because a PSP also repeats an IBAN with a typing error.
 */
const MIN_IBAN_DIGITS = 8;
/** The length of the country code and the check digits of an IBAN. */
const IBAN_START_LENGTH = 4;

/** Matches the beginning of every IBAN. */
const IBAN_HINT_PATTERN = /[A-Za-z]{2}\d{2}/;
/** Matches a part of every card number. */
const CARD_HINT_PATTERN = /\d[ -]?\d[ -]?\d[ -]?\d[ -]?\d[ -]?\d[ -]?\d[ -]?\d[ -]?\d/;

/** Matches 13 to 19 digits that begin like the number of a payment card. */
const CARD_PATTERN = /(?<![A-Za-z0-9])[2-6](?:[ -]?\d){12,18}(?![A-Za-z0-9])/g;

/**
 * Returns true if the value of a property is the number of an account or a card.
 * @param objectName the name of the property that contains the object; empty for the root
 */
export function isAccountNumberName(name: string, objectName: string): boolean {
  const simpleName = simplifyName(name);
  return (
    ACCOUNT_NUMBER_NAMES.test(simpleName) ||
    (simpleName === 'number' && ACCOUNT_OBJECT_NAMES.test(simplifyName(objectName)))
  );
}

/** Masks a value that is the number of an account or a card. */
export function maskAccountNumber(value: string): string {
  const number = value.replace(/[ -]/g, '');
  return number.length < MIN_PARTLY_VISIBLE_LENGTH ? MASK : MASK + number.slice(-VISIBLE_CHARACTERS);
}

/** Masks the IBANs and card numbers inside a text. */
export function maskAccountNumbers(text: string): string {
  // Most strings contain neither, and a search for the short beginnings is much faster than the patterns.
  const withoutIbans = IBAN_HINT_PATTERN.test(text)
    ? text.replace(COMPACT_IBAN_PATTERN, maskIban).replace(GROUPED_IBAN_PATTERN, maskIban)
    : text;
  if (!CARD_HINT_PATTERN.test(withoutIbans)) return withoutIbans;
  return withoutIbans.replace(CARD_PATTERN, (found) =>
    hasLuhnChecksum(found) ? maskAccountNumber(found) : found,
  );
}

function maskIban(found: string): string {
  return countDigits(found.slice(IBAN_START_LENGTH)) >= MIN_IBAN_DIGITS ? maskAccountNumber(found) : found;
}

/** Converts `account_number`, `accountNumber` and `Account-Number` to the same name. */
function simplifyName(name: string): string {
  return name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
}

function countDigits(text: string): number {
  return text.replace(/\D/g, '').length;
}

/** Returns true if the checksum of a card number is right. It distinguishes card numbers from other long numbers. */
function hasLuhnChecksum(text: string): boolean {
  const digits = [...text.replace(/\D/g, '')].map(Number).reverse();
  const sum = digits.reduce((total, digit, index) => {
    const weighted = index % 2 === 1 ? digit * 2 : digit;
    return total + (weighted > 9 ? weighted - 9 : weighted);
  }, 0);
  return sum % 10 === 0;
}
