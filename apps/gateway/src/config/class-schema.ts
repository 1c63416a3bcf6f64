/** Creates the JSON Schema of a settings class from its validation rules, default values and descriptions. */
import type { Type } from '@nestjs/common';
import { describeSetting } from '@tributary/connector-api';
import { DURATION } from './duration.js';
import {
  elementClass,
  isMapping,
  nestedClass,
  propertiesOf,
  rulesOf,
  typeOf,
  type Rule,
} from './settings-class.js';

export type Schema = Record<string, unknown>;

/** Schema of a reference to an environment variable or a file. It is allowed for every type of value, e.g. for a number. */
export const REFERENCE = { $ref: '#/definitions/reference' };

export function classSchema(settings: Type<object>): Schema {
  const defaults = new settings() as Record<string, unknown>;
  const properties = propertiesOf(settings);
  const required = properties.filter((key) => defaults[key] === undefined && !isOptional(settings, key));
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      properties.map((key) => [key, propertySchema(settings, key, defaults[key])]),
    ),
    ...(required.length > 0 && { required }),
  };
}

function propertySchema(settings: Type<object>, key: string, byDefault: unknown): Schema {
  const description = describeSetting(settings.prototype as object, key);
  const nested = nestedClass(settings, key);
  return {
    ...(description !== undefined && { description }),
    // The schema of a nested mapping contains the defaults of its own properties.
    ...(byDefault !== undefined && !isMapping(byDefault) && { default: byDefault }),
    ...(nested ? classSchema(nested) : valueSchema(settings, key)),
  };
}

function valueSchema(settings: Type<object>, key: string): Schema {
  const rules = rulesOf(settings).filter(({ property }) => property === key);
  const limits = limitsOf(rules.filter(({ each }) => !each));
  switch (typeOf(settings, key)) {
    case String:
      return orReference({ type: 'string', ...limits });
    case Number:
      return orReference({ type: 'number', ...limits });
    case Boolean:
      return orReference({ type: 'boolean', ...limits });
    case Array:
      return { type: 'array', ...limits, ...itemsSchema(settings, key, rules) };
    default:
      return limits;
  }
}

function itemsSchema(settings: Type<object>, key: string, rules: readonly Rule[]): Schema {
  const element = elementClass(settings, key);
  const limits = limitsOf(rules.filter(({ each }) => each));
  if (element) return { items: classSchema(element) };
  return Object.keys(limits).length > 0 ? { items: orReference(limits) } : {};
}

/** Adds a reference as an alternative. A string schema without limits already accepts references. */
function orReference(schema: Schema): Schema {
  const plain = schema.type === 'string' && Object.keys(schema).length === 1;
  return plain ? schema : { anyOf: [schema, REFERENCE] };
}

function limitsOf(rules: readonly Rule[]): Schema {
  return Object.assign({}, ...rules.map(limitOf)) as Schema;
}

/** Converts a validation rule to JSON Schema keywords. Other rules have no keyword and are checked only when the file is loaded. */
function limitOf({ name, constraints: [first, second] }: Rule): Schema {
  switch (name) {
    case 'isString':
      return { type: 'string' };
    case 'isBoolean':
      return { type: 'boolean' };
    case 'isInt':
      return { type: 'integer' };
    case 'isNumber':
      return { type: 'number' };
    case 'isArray':
      return { type: 'array' };
    case 'isObject':
      return { type: 'object' };
    case 'min':
      return { minimum: first };
    case 'max':
      return { maximum: first };
    case 'isPositive':
      return { exclusiveMinimum: 0 };
    case 'isNotEmpty':
      return { minLength: 1 };
    case 'minLength':
      return { minLength: first };
    case 'maxLength':
      return { maxLength: first };
    case 'isLength':
      return { minLength: first, ...(second !== undefined && { maxLength: second }) };
    case 'arrayNotEmpty':
      return { minItems: 1 };
    case 'arrayMinSize':
      return { minItems: first };
    case 'arrayMaxSize':
      return { maxItems: first };
    case 'arrayUnique':
      return { uniqueItems: true };
    case 'isIn':
      return { enum: first };
    case 'isEnum':
      return { enum: second };
    case 'matches':
      return { pattern: first instanceof RegExp ? first.source : first };
    case 'isDuration':
      return { pattern: DURATION.source };
    default:
      return {};
  }
}

/** Returns true also for a property with `ValidateIf`. Its condition is checked only when the file is loaded. */
function isOptional(settings: Type<object>, key: string): boolean {
  return rulesOf(settings).some(
    ({ property, name }) => property === key && (name === 'isOptional' || name === 'conditionalValidation'),
  );
}
