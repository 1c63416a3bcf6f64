/** Creates the JSON Schema of a settings class from its validation rules, default values and descriptions. */
import type { Type } from '@nestjs/common';
import { getSettingDescription } from '@tributary/connector-api';
import { DURATION_PATTERN } from './duration.js';
import {
  getElementClass,
  isPlainObject,
  getNestedClass,
  getPropertyNames,
  getValidationRules,
  getPropertyType,
  type ValidationRule,
} from './settings-metadata.js';

export type JsonSchema = Record<string, unknown>;

/** The schema of a reference to an environment variable or a file. A reference is allowed for every type of value, e.g. for a number. */
export const REFERENCE_SCHEMA = { $ref: '#/definitions/reference' };

export function createClassSchema(settings: Type<object>): JsonSchema {
  const defaults = new settings() as Record<string, unknown>;
  const properties = getPropertyNames(settings);
  const required = properties.filter((key) => defaults[key] === undefined && !isOptional(settings, key));
  return {
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(
      properties.map((key) => [key, createPropertySchema(settings, key, defaults[key])]),
    ),
    ...(required.length > 0 && { required }),
  };
}

function createPropertySchema(settings: Type<object>, key: string, defaultValue: unknown): JsonSchema {
  const description = getSettingDescription(settings.prototype as object, key);
  const nested = getNestedClass(settings, key);
  return {
    ...(description !== undefined && { description }),
    // The schema of a nested mapping contains the defaults of its own properties.
    ...(defaultValue !== undefined && !isPlainObject(defaultValue) && { default: defaultValue }),
    ...(nested ? createClassSchema(nested) : createValueSchema(settings, key)),
  };
}

function createValueSchema(settings: Type<object>, key: string): JsonSchema {
  const rules = getValidationRules(settings).filter(({ property }) => property === key);
  const keywords = rulesToKeywords(rules.filter(({ each }) => !each));
  switch (getPropertyType(settings, key)) {
    case String:
      return allowReference({ type: 'string', ...keywords });
    case Number:
      return allowReference({ type: 'number', ...keywords });
    case Boolean:
      return allowReference({ type: 'boolean', ...keywords });
    case Array:
      return { type: 'array', ...keywords, ...createItemsSchema(settings, key, rules) };
    default:
      return keywords;
  }
}

function createItemsSchema(
  settings: Type<object>,
  key: string,
  rules: readonly ValidationRule[],
): JsonSchema {
  const element = getElementClass(settings, key);
  const keywords = rulesToKeywords(rules.filter(({ each }) => each));
  if (element) return { items: createClassSchema(element) };
  return Object.keys(keywords).length > 0 ? { items: allowReference(keywords) } : {};
}

/** Adds a reference as an alternative to a schema. A string schema without limits already accepts references. */
function allowReference(schema: JsonSchema): JsonSchema {
  const isPlainString = schema.type === 'string' && Object.keys(schema).length === 1;
  return isPlainString ? schema : { anyOf: [schema, REFERENCE_SCHEMA] };
}

function rulesToKeywords(rules: readonly ValidationRule[]): JsonSchema {
  return Object.assign({}, ...rules.map(ruleToKeywords)) as JsonSchema;
}

/** Converts a validation rule to JSON Schema keywords. Some rules have no keyword and are checked only when the file is loaded. */
function ruleToKeywords({ name, constraints: [first, second] }: ValidationRule): JsonSchema {
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
      return { pattern: DURATION_PATTERN.source };
    default:
      return {};
  }
}

/**
 * Returns true if the property may be absent. The condition of `ValidateIf` is ignored here, because it is checked only when the file is
 * loaded.
 */
function isOptional(settings: Type<object>, key: string): boolean {
  return getValidationRules(settings).some(
    ({ property, name }) => property === key && (name === 'isOptional' || name === 'conditionalValidation'),
  );
}
