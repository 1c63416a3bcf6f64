/**
 * Converts OpenAPI 3.0 and 3.1 schemas to JSON Schema 2020-12. The result is stricter than OpenAPI: a property that the document does not
 * contain is invalid. A fake can therefore not return invented properties.
 */
import { getChild, resolveReference, isOpenApiNode, toNodes } from './openapi-node.js';
import type { OpenApiNode } from './openapi-node.js';

/** The direction of a body. A request must not contain `readOnly` properties, and a response must not contain `writeOnly` properties. */
export type Direction = 'request' | 'response';

/** `whole`: this schema alone describes the value. `part`: several schemas (e.g. those in `allOf`) describe the value together. */
type SchemaPosition = 'whole' | 'part';

const LIST_KEYWORDS = ['allOf', 'anyOf', 'prefixItems'];
const SUBSCHEMA_KEYWORDS = ['not', 'if', 'then', 'else'];
const COPIED_KEYWORDS = new Set(
  (
    'type enum const format pattern minLength maxLength minItems maxItems uniqueItems minProperties maxProperties minimum maximum ' +
    'exclusiveMinimum exclusiveMaximum multipleOf additionalProperties'
  ).split(' '),
);

export class SchemaConverter {
  constructor(
    private readonly root: OpenApiNode,
    private readonly direction: Direction,
  ) {}

  /**
   * Converts all schemas of `components.schemas`. The direction becomes the `$id` of the result.
   * @param replaceBroken returns the replacement for a schema that cannot be converted
   */
  convertComponents(replaceBroken: (name: string, error: unknown) => unknown): OpenApiNode {
    const schemas = getChild(getChild(this.root, 'components'), 'schemas');
    const converted = Object.entries(schemas).map(([name, schema]) => {
      try {
        return [name, this.convert(schema, 'part')];
      } catch (error) {
        return [name, replaceBroken(name, error)];
      }
    });
    return { $id: this.direction, components: { schemas: Object.fromEntries(converted) as OpenApiNode } };
  }

  convert(schema: unknown, position: SchemaPosition = 'whole'): unknown {
    if (!isOpenApiNode(schema)) return schema;
    const converted: Record<string, unknown> = {};
    for (const [keyword, value] of Object.entries(schema)) {
      if (COPIED_KEYWORDS.has(keyword)) converted[keyword] = value;
    }
    this.convertReference(schema, converted);
    this.convertObject(schema, converted);
    this.convertCombinations(schema, converted);
    if (schema['items'] !== undefined) converted['items'] = this.convert(schema['items']);
    convertLimits(schema, converted);
    if (position === 'whole' && this.isClosed(schema)) converted['unevaluatedProperties'] = false;
    return schema['nullable'] === true ? makeNullable(converted) : converted;
  }

  private convertReference(schema: OpenApiNode, converted: Record<string, unknown>): void {
    const reference = schema['$ref'];
    if (typeof reference !== 'string') return;
    if (reference.startsWith('#/components/schemas/')) {
      converted['$ref'] = this.direction + reference;
    } else {
      converted['allOf'] = [this.convert(resolveReference(this.root, { $ref: reference }), 'part')];
    }
  }

  private convertObject(schema: OpenApiNode, converted: Record<string, unknown>): void {
    const properties = Object.entries(getChild(schema, 'properties'));
    if (properties.length > 0) {
      const usable = properties.map(([name, property]) => [
        name,
        this.isForbidden(property) ? false : this.convert(property),
      ]);
      converted['properties'] = Object.fromEntries(usable);
    }
    const { additionalProperties, patternProperties } = schema;
    if (isOpenApiNode(additionalProperties))
      converted['additionalProperties'] = this.convert(additionalProperties);
    if (isOpenApiNode(patternProperties)) {
      const patterns = Object.entries(patternProperties).map(([key, value]) => [key, this.convert(value)]);
      converted['patternProperties'] = Object.fromEntries(patterns);
    }
    if (Array.isArray(schema['required'])) {
      converted['required'] = schema['required'].filter(
        (name) => !this.isForbidden(getChild(schema, 'properties')[String(name)]),
      );
    }
  }

  private convertCombinations(schema: OpenApiNode, converted: Record<string, unknown>): void {
    for (const keyword of LIST_KEYWORDS) {
      const list = schema[keyword];
      if (!Array.isArray(list)) continue;
      const position = keyword === 'prefixItems' ? 'whole' : 'part';
      const earlier = (converted[keyword] ?? []) as unknown[];
      converted[keyword] = [...earlier, ...list.map((one) => this.convert(one, position))];
    }
    for (const keyword of SUBSCHEMA_KEYWORDS) {
      if (schema[keyword] !== undefined) converted[keyword] = this.convert(schema[keyword], 'part');
    }
    const choices = toNodes(schema['oneOf']);
    if (choices.length === 0) return;
    const allOf = (converted['allOf'] ?? []) as unknown[];
    converted['allOf'] = [...allOf, this.convertChoice(choices, getChild(schema, 'discriminator'))];
  }

  /**
   * Converts `oneOf`. With a discriminator, only the schema that the discriminator selects must match. Without a discriminator, at least
   * one schema must match, because many documents use `oneOf` for schemas that overlap.
   */
  private convertChoice(choices: OpenApiNode[], { propertyName, mapping }: OpenApiNode): unknown {
    if (typeof propertyName !== 'string') return { anyOf: choices.map((one) => this.convert(one, 'part')) };
    const named: [string, string][] = isOpenApiNode(mapping)
      ? Object.entries(mapping).map(([name, reference]) => [name, String(reference)])
      : choices.flatMap(({ $ref }) =>
          typeof $ref === 'string' ? [[$ref.split('/').at(-1) ?? '', $ref]] : [],
        );
    return {
      type: 'object',
      required: [propertyName],
      properties: { [propertyName]: { enum: named.map(([name]) => name) } },
      allOf: named.map(([name, reference]) => ({
        if: { properties: { [propertyName]: { const: name } } },
        then: this.convert({ $ref: toJsonPointer(reference) }, 'part'),
      })),
    };
  }

  private isForbidden(property: unknown): boolean {
    if (!isOpenApiNode(property)) return false;
    const keyword = this.direction === 'request' ? 'readOnly' : 'writeOnly';
    return resolveReference(this.root, property)[keyword] === true;
  }

  /** Returns true if the schema lists properties, so that all other properties are invalid. */
  private isClosed(schema: OpenApiNode, seen = new Set<unknown>()): boolean {
    const whole = resolveReference(this.root, schema);
    if (seen.has(schema['$ref'] ?? whole)) return false;
    seen.add(schema['$ref'] ?? whole);
    if (Object.keys(getChild(whole, 'properties')).length > 0) return true;
    const parts = [...toNodes(whole['allOf']), ...toNodes(whole['anyOf']), ...toNodes(whole['oneOf'])];
    return parts.some((part) => this.isClosed(part, seen));
  }
}

/** Converts the exclusive limits (`exclusiveMinimum`, `exclusiveMaximum`), which are booleans in OpenAPI 3.0. */
function convertLimits(schema: OpenApiNode, converted: Record<string, unknown>): void {
  for (const [flag, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[flag] !== 'boolean') continue;
    delete converted[flag];
    if (schema[flag]) {
      converted[flag] = schema[limit];
      delete converted[limit];
    }
  }
}

/** Converts the keyword `nullable` of OpenAPI 3.0. `null` is also added to `enum`, because many documents omit it there. */
function makeNullable(schema: Record<string, unknown>): unknown {
  const { type, enum: words } = schema;
  if (typeof type !== 'string') return { anyOf: [schema, { type: 'null' }] };
  return {
    ...schema,
    type: [type, 'null'],
    ...(Array.isArray(words) ? { enum: [...(words as unknown[]), null] } : {}),
  };
}

function toJsonPointer(reference: string): string {
  return reference.startsWith('#') ? reference : `#/components/schemas/${reference}`;
}
