/** Validates values against the schemas of one document with ajv. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { SchemaConverter } from './schema-converter.js';
import type { Direction } from './schema-converter.js';
import { getChild, isOpenApiNode } from './openapi-node.js';
import type { OpenApiNode } from './openapi-node.js';

const MAX_PROBLEMS = 8;

/** A schema that accepts every value. It replaces each broken schema. */
const ANY_VALUE = { additionalProperties: true };

export class SchemaChecker {
  /** The broken schemas: the reason why each is skipped, by its name in `components.schemas`. */
  readonly skippedSchemas = new Map<string, string>();
  private readonly converter: SchemaConverter;
  private readonly components: Record<string, unknown>;
  private ajv: Ajv2020;
  private readonly compiled = new Map<unknown, ValidateFunction>();

  constructor(
    root: OpenApiNode,
    private readonly direction: Direction,
  ) {
    this.converter = new SchemaConverter(root, direction);
    const converted = this.converter.convertComponents((name, error) => this.skip(name, error));
    this.components = { ...getChild(getChild(converted, 'components'), 'schemas') };
    this.ajv = this.createAjv();
  }

  /**
   * Checks a value against a schema.
   * @returns one string per problem, with JSON pointer, expected and found value. The array is empty if the value is valid
   */
  check(schema: unknown, value: unknown): string[] {
    let validate = this.compiled.get(schema);
    if (validate === undefined) {
      validate = this.compile(this.converter.convert(schema) as OpenApiNode);
      this.compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    return summarizeErrors(validate.errors ?? []);
  }

  /**
   * Compiles a schema. If the schema refers to a broken schema, only the broken schema is skipped.
   * @throws Error if the schema itself is broken
   */
  private compile(schema: OpenApiNode): ValidateFunction {
    try {
      return this.ajv.compile(schema);
    } catch (error) {
      if (!this.skipBrokenComponents()) throw error;
      this.ajv = this.createAjv();
      return this.ajv.compile(schema);
    }
  }

  /**
   * Replaces the broken components by a schema that accepts every value. A component is broken if it cannot be compiled alone.
   * @returns true if a component is broken
   */
  private skipBrokenComponents(): boolean {
    const known = new Set(Object.keys(this.components));
    let isAnySkipped = false;
    for (const [name, schema] of Object.entries(this.components)) {
      try {
        const alone = replaceReferences(schema, (reference) => this.isKnownReference(reference, known));
        createPlainAjv().compile(alone as OpenApiNode);
      } catch (error) {
        this.components[name] = this.skip(name, error);
        isAnySkipped = true;
      }
    }
    return isAnySkipped;
  }

  private isKnownReference(reference: string, known: ReadonlySet<string>): boolean {
    const prefix = `${this.direction}#/components/schemas/`;
    return reference.startsWith(prefix) && known.has(reference.slice(prefix.length).split('/')[0] ?? '');
  }

  private skip(name: string, error: unknown): unknown {
    const reason = error instanceof Error ? error.message : String(error);
    this.skippedSchemas.set(name, reason);
    process.stderr.write(`skipped: checks against the schema ${name} (${this.direction}): ${reason}\n`);
    return ANY_VALUE;
  }

  private createAjv(): Ajv2020 {
    const ajv = createPlainAjv();
    ajv.addSchema({ $id: this.direction, components: { schemas: this.components } });
    return ajv;
  }
}

function createPlainAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true, logger: false });
  addFormats.default(ajv);
  // Revolut uses this format name for its query parameters `from` and `to`.
  ajv.addFormat('date-time or date', /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}.*)?$/);
  return ajv;
}

/** Returns a copy of a schema in which every reference to a known schema is replaced by a schema that accepts any value. */
function replaceReferences(schema: unknown, isKnown: (reference: string) => boolean): unknown {
  if (Array.isArray(schema)) return schema.map((item) => replaceReferences(item, isKnown));
  if (!isOpenApiNode(schema)) return schema;
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]) =>
      key === '$ref' && typeof value === 'string' && isKnown(value)
        ? []
        : [[key, replaceReferences(value, isKnown)]],
    ),
  );
}

/** Formats the errors of ajv. The errors of combining keywords (`anyOf` …) are omitted if there are more specific errors. */
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
