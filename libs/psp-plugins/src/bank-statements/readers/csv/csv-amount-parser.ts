/** Parses the amounts of a CSV file with the declared marks for decimals and thousands. */
import { isDecimal } from '../value-parsers.js';

/** An amount: a decimal number without a sign, and its sign. */
export interface CsvAmount {
  decimal: string;
  isNegative: boolean;
}

/** The reason why a text is not an amount. `expected` completes "expected …". */
export interface CsvAmountProblem {
  expected: string;
}

export interface AmountMarks {
  decimalMark?: string | undefined;
  thousandsMark?: string | undefined;
}

const MINUS_SIGNS = /^[-\u2212\u2013]|[-\u2212\u2013]$/;

export class CsvAmountParser {
  private readonly pattern: RegExp | undefined;

  constructor(private readonly marks: AmountMarks) {
    const { decimalMark, thousandsMark } = marks;
    if (decimalMark === undefined) return;
    const decimals = `(?:\\${decimalMark}\\d*)?`;
    const grouped =
      thousandsMark === undefined ? [] : [`\\d{1,3}(?:${toCharacterClass(thousandsMark)}\\d{3})+${decimals}`];
    this.pattern = new RegExp(`^(?:${[...grouped, `\\d+${decimals}`, `\\${decimalMark}\\d+`].join('|')})$`);
  }

  /**
   * Parses an amount. The sign is before or behind the number, or the number is in parentheses.
   * @returns the amount, or the reason why the text is not an amount or could mean two different amounts
   */
  parse(text: string): CsvAmount | CsvAmountProblem {
    const inParentheses = /^\((.*)\)$/.exec(text)?.[1];
    const signed = inParentheses ?? text;
    const isNegative = inParentheses !== undefined || MINUS_SIGNS.test(signed);
    const number = signed
      .replace(MINUS_SIGNS, '')
      .replace(/^\+|\+$/, '')
      .trim();
    const decimal = this.pattern ? this.parseDeclared(number, this.pattern) : parseUndeclared(number);
    if (typeof decimal !== 'string') return decimal;
    return isDecimal(decimal) ? { decimal, isNegative } : this.describeProblem();
  }

  private parseDeclared(number: string, pattern: RegExp): string | CsvAmountProblem {
    const { decimalMark = '.', thousandsMark } = this.marks;
    if (!pattern.test(number)) return this.describeProblem();
    const digits =
      thousandsMark === undefined
        ? number
        : number.replace(new RegExp(toCharacterClass(thousandsMark), 'g'), '');
    return digits.replace(decimalMark, '.');
  }

  private describeProblem(): CsvAmountProblem {
    const { decimalMark, thousandsMark } = this.marks;
    const example = `1${thousandsMark ?? ''}250${decimalMark ?? '.'}00`;
    const isMissingThousands = decimalMark !== undefined && thousandsMark === undefined;
    return {
      expected: `an amount such as ${example}${isMissingThousands ? '; if another mark separates thousands, declare `thousandsMark`' : ''}`,
    };
  }
}

/** Returns true if `CsvAmountParser.parse` found an amount. */
export function isCsvAmount(result: CsvAmount | CsvAmountProblem): result is CsvAmount {
  return 'decimal' in result;
}

/** A space in the settings also stands for the two kinds of non-breaking spaces, and an apostrophe for the typographic one. */
function toCharacterClass(mark: string): string {
  if (mark === ' ') return '[ \\u00a0\\u202f]';
  return mark === "'" ? "['\\u2019]" : `\\${mark}`;
}

/** Parses an amount whose marks are not declared. One mark before exactly three digits can be a decimal mark or a mark of thousands. */
function parseUndeclared(number: string): string | CsvAmountProblem {
  if (/^\d+[.,]\d{3}$/.test(number))
    return {
      expected:
        'an amount with one meaning; declare `decimalMark` in the mapping, because this amount has two',
    };
  const isGrouped = /^\d{1,3}(?:\.\d{3})+(?:,\d*)?$|^\d{1,3}(?:,\d{3})+(?:\.\d*)?$/.test(number);
  if (isGrouped) {
    const hasTwoMarks = number.includes('.') && number.includes(',');
    return hasTwoMarks
      ? number.replace(/[.,](?=.*[.,])/g, '').replace(',', '.')
      : number.replace(/[.,]/g, '');
  }
  return /^\d+(?:[.,]\d*)?$|^[.,]\d+$/.test(number)
    ? number.replace(',', '.')
    : { expected: 'an amount such as 1250.00' };
}
