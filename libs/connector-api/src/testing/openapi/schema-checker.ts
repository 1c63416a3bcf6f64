/** Validates values against the schemas of one document with ajv. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { SchemaConverter } from './schema-converter.js';
import type { Direction } from './schema-converter.js';
import type { DocumentNode } from './document-node.js';

const MAX_PROBLEMS = 8;

export class SchemaChecker {
  private readonly converter: SchemaConverter;
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false });
  private readonly compiled = new Map<unknown, ValidateFunction>();

  constructor(root: DocumentNode, direction: Direction) {
    this.converter = new SchemaConverter(root, direction);
    addFormats.default(this.ajv);
    // Revolut's format name for its query parameters `from` and `to`.
    this.ajv.addFormat('date-time or date', /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}.*)?$/);
    this.ajv.addSchema(this.converter.convertComponents());
  }

  /** @returns one string per problem, with JSON pointer, expected and found value. Empty if the value is valid. */
  check(schema: unknown, value: unknown): string[] {
    let validate = this.compiled.get(schema);
    if (validate === undefined) {
      validate = this.ajv.compile(this.converter.convert(schema) as DocumentNode);
      this.compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    return summarizeErrors(validate.errors ?? []);
  }
}

/** Formats the errors. Omits errors of combining keywords (`anyOf` …) if there are more specific ones. */
function summarizeErrors(errors: readonly ErrorObject[]): string[] {
  const specificErrors = errors.filter(({ keyword }) => !['anyOf', 'if', 'allOf'].includes(keyword));
  const lines = [...new Set((specificErrors.length > 0 ? specificErrors : errors).map(describeError))];
  const more = lines.length - MAX_PROBLEMS;
  return more > 0 ? [...lines.slice(0, MAX_PROBLEMS), `… and ${more} more`] : lines;
}

function describeError({ instancePath, keyword, message, params, data }: ErrorObject): string {
  const at = instancePath === '' ? '/' : instancePath;
  const found = (JSON.stringify(data) ?? 'nothing').slice(0, 120);
  switch (keyword) {
    case 'enum':
      return `${at}: expected one of ${JSON.stringify(params['allowedValues'])}, found ${found}`;
    case 'const':
      return `${at}: expected ${JSON.stringify(params['allowedValue'])}, found ${found}`;
    case 'unevaluatedProperties':
      return `${at}: the document has no property ${JSON.stringify(params['unevaluatedProperty'])} here`;
    case 'additionalProperties':
      return `${at}: the document allows no property ${JSON.stringify(params['additionalProperty'])} here`;
    case 'false schema':
      return `${at}: does not belong here: the document calls it read-only or write-only`;
    default:
      return `${at}: ${message ?? 'is not valid'}, found ${found}`;
  }
}
