/**
 * JSON whose numbers stay what was written: `JSON.parse` reads `0.1` and `12345678901234.56` as doubles, which money does not survive.
 * Node 22 and later hand the source of every number to the reviver, and write raw JSON.
 */
import { RefusedError } from '../errors.js';

/** A number as it stands in JSON. */
export class JsonNumber {
  /** @param source as JSON writes numbers: `-12.50`, `1e3` */
  constructor(readonly source: string) {
    if (!SOURCE.test(source))
      throw new RefusedError(`${JSON.stringify(source.slice(0, 64))} is not a JSON number`);
  }

  /** For `JSON.stringify`, which writes the source as it is. */
  toJSON(): unknown {
    return (JSON as unknown as RawJson).rawJSON(this.source);
  }
}

/** Without an exponent: `1.5e3` → `1500`, `-2E-2` → `-0.02`. @throws RefusedError when it is too long to be an amount. */
export function plainDecimal(source: string): string {
  const [mantissa = '', exponent] = source.toLowerCase().split('e');
  if (exponent === undefined) return source;
  const shift = Number(exponent);
  if (Math.abs(shift) > LARGEST_EXPONENT) {
    throw new RefusedError(`the number ${source.slice(0, 64)} is too large or too small for an amount`);
  }
  const sign = mantissa.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.');
  const point = whole.length + shift;
  const digits = (whole + fraction).padEnd(point, '0');
  const left = point > 0 ? digits.slice(0, point) : '0';
  const right = point > 0 ? digits.slice(point) : digits.padStart(digits.length - point, '0');
  return sign + left.replace(/^0+(?=\d)/, '') + (right === '' ? '' : `.${right}`);
}

/** JSON text → values; its numbers are `JsonNumber`. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return (JSON as unknown as SourceJson).parse(text, (_key, value, context) =>
    typeof value === 'number' ? new JsonNumber(context.source) : value,
  );
}

const SOURCE = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const LARGEST_EXPONENT = 64;

/** Of ECMAScript's proposal "JSON.parse source text access", which TypeScript's library does not know yet. */
interface SourceJson {
  parse(
    text: string,
    reviver: (key: string, value: unknown, context: { source: string }) => unknown,
  ): unknown;
}
interface RawJson {
  rawJSON(source: string): unknown;
}
