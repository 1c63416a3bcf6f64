/** Parses dates and times in a declared format, e.g. `dd.MM.yyyy` or `yyyy-MM-dd HH:mm:ss`. */
import { formatCalendarDate, toFullYear } from '../value-parsers.js';

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The fields of a format with their patterns. The longer name of a field comes first. */
const FIELDS: readonly (readonly [name: string, pattern: string])[] = [
  ['yyyy', '(?<year>\\d{4})'],
  ['yy', '(?<shortYear>\\d{2})'],
  ['MMM', '(?<monthName>[A-Za-z]{3})'],
  ['MM', '(?<month>\\d{2})'],
  ['M', '(?<month>\\d{1,2})'],
  ['dd', '(?<day>\\d{2})'],
  ['d', '(?<day>\\d{1,2})'],
  ['HH', '(?<hour>\\d{2})'],
  ['H', '(?<hour>\\d{1,2})'],
  ['mm', '(?<minute>\\d{2})'],
  ['ss', '(?<second>\\d{2})'],
  ['XXX', '(?<zone>Z|[+-]\\d{2}:\\d{2})'],
];
const FRACTION_PATTERN = /^S+/;

interface CompiledFormat {
  pattern: RegExp;
  fields: ReadonlySet<string>;
}

/**
 * Compiles a format.
 * @returns a description of the problem if a field occurs twice
 */
function compileFormat(format: string): CompiledFormat | string {
  const fields = new Set<string>();
  let source = '';
  for (let rest = format; rest !== '';) {
    const [fraction] = FRACTION_PATTERN.exec(rest) ?? [];
    const field = FIELDS.find(([name]) => rest.startsWith(name));
    const [name = rest.charAt(0), pattern] =
      fraction === undefined ? (field ?? []) : [fraction, '(?<fraction>\\d{1,9})'];
    rest = rest.slice(name.length);
    if (pattern === undefined) {
      if (/[A-Za-z]/.test(name) && name !== 'T') return `${JSON.stringify(name)} is not a field of a format`;
      source += name === ' ' ? '\\s+' : name.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
      continue;
    }
    const meaning = /\?<(\w+)>/.exec(pattern)?.[1] ?? '';
    if (fields.has(meaning)) return `the ${meaning} occurs twice`;
    fields.add(meaning);
    source += pattern;
  }
  return { pattern: new RegExp(`^${source}$`), fields };
}

/**
 * Checks a format.
 * @param setting the name of the setting, for the description
 * @param isDate true if the format must contain a year, a month and a day; false if it must contain an hour
 * @returns `undefined` if the format can be used
 */
export function describeDateFormatProblem(
  format: string,
  setting: string,
  isDate: boolean,
): string | undefined {
  const compiled = compileFormat(format);
  if (typeof compiled === 'string') return `\`${setting}\` is ${JSON.stringify(format)}: ${compiled}`;
  const has = (...names: string[]): boolean => names.some((name) => compiled.fields.has(name));
  if (!isDate)
    return has('hour') ? undefined : `\`${setting}\` is ${JSON.stringify(format)}, which has no hour (HH)`;
  if (has('year', 'shortYear') && has('month', 'monthName') && has('day')) return undefined;
  return `\`${setting}\` is ${JSON.stringify(format)}; expected a year (yyyy), a month (MM) and a day (dd)`;
}

export class CsvDateParser {
  private readonly pattern: RegExp;
  /** The last result. Consecutive rows usually have the same day. */
  private last: { text: string; result: string | undefined } | undefined;

  /**
   * Creates a parser for one format.
   * @throws Error if the format cannot be used. The settings are checked before
   */
  constructor(readonly format: string) {
    const compiled = compileFormat(format);
    if (typeof compiled === 'string') throw new Error(`the format ${JSON.stringify(format)}: ${compiled}`);
    this.pattern = compiled.pattern;
  }

  /**
   * Parses a date, or a date with a time.
   * @returns `YYYY-MM-DD`, or `YYYY-MM-DDThh:mm:ss[.fff][zone]` if the format contains an hour; `undefined` if the text does not fit the
   * format or the day does not exist
   */
  parse(text: string): string | undefined {
    if (this.last?.text !== text) this.last = { text, result: this.parseDate(text) };
    return this.last.result;
  }

  /**
   * Parses a time without a date.
   * @returns `hh:mm:ss[.fff]`, or `undefined` if the text does not fit the format
   */
  parseTime(text: string): string | undefined {
    const groups = this.pattern.exec(text)?.groups;
    return groups && formatClockTime(groups);
  }

  private parseDate(text: string): string | undefined {
    const groups = this.pattern.exec(text)?.groups;
    if (!groups) return undefined;
    const { year, shortYear = '', month, monthName = '', day, hour, zone = '' } = groups;
    const date = formatCalendarDate(
      year === undefined ? toFullYear(shortYear) : Number(year),
      month === undefined ? MONTHS.indexOf(monthName.toLowerCase()) + 1 : Number(month),
      Number(day),
    );
    if (date === undefined || hour === undefined) return date;
    const time = formatClockTime(groups);
    return time && `${date}T${time}${zone}`;
  }
}

function formatClockTime(groups: Record<string, string | undefined>): string | undefined {
  const { hour = '', minute = '00', second = '00', fraction } = groups;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  return `${hour.padStart(2, '0')}:${minute}:${second}${fraction === undefined ? '' : `.${fraction}`}`;
}
