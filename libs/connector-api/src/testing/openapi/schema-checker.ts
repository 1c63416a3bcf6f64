/** Validates values against the schemas of one document with ajv. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { SchemaConverter } from './json-schema.js';
import type { Direction } from './json-schema.js';
import type { Node } from './node.js';

const MOST_PROBLEMS = 8;

export class SchemaChecker {
  private readonly converter: SchemaConverter;
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false });
  private readonly compiled = new Map<unknown, ValidateFunction>();

  constructor(root: Node, direction: Direction) {
    this.converter = new SchemaConverter(root, direction);
    addFormats.default(this.ajv);
    // Revolut's format name for its query parameters `from` and `to`.
    this.ajv.addFormat('date-time or date', /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}.*)?$/);
    this.ajv.addSchema(this.converter.components());
  }

  /** @returns one string per problem, with JSON pointer, expected and found value. Empty if the value is valid. */
  check(schema: unknown, value: unknown): string[] {
    let validate = this.compiled.get(schema);
    if (validate === undefined) {
      validate = this.ajv.compile(this.converter.convert(schema) as Node);
      this.compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    return summary(validate.errors ?? []);
  }
}

/** Formats the errors. Omits errors of combining keywords (`anyOf` …) if there are more specific ones. */
function summary(errors: readonly ErrorObject[]): string[] {
  const telling = errors.filter(({ keyword }) => !['anyOf', 'if', 'allOf'].includes(keyword));
  const lines = [...new Set((telling.length > 0 ? telling : errors).map(describe))];
  const more = lines.length - MOST_PROBLEMS;
  return more > 0 ? [...lines.slice(0, MOST_PROBLEMS), `… and ${more} more`] : lines;
}

function describe({ instancePath, keyword, message, params, data }: ErrorObject): string {
  const at = instancePath === '' ? '/' : instancePath;
  const found = (JSON.stringify(data) ?? 'nothing').slice(0, 120);
  switch (keyword) {
    case 'enum':
      return `${at}: expected one of ${JSON.stringify(params['allowedValues'])}, found ${found}`;
    case 'const':
      return `${at}: expected ${JSON.stringify(params['allowedValue'])}, found ${found}`;
    case 'unevaluatedProperties':
      return `${at}: the document has no member ${JSON.stringify(params['unevaluatedProperty'])} here`;
    case 'additionalProperties':
      return `${at}: the document allows no member ${JSON.stringify(params['additionalProperty'])} here`;
    case 'false schema':
      return `${at}: does not belong here: the document calls it read-only or write-only`;
    default:
      return `${at}: ${message ?? 'is not valid'}, found ${found}`;
  }
}
