/** JSON schemas that several endpoints of the operator API share. */
import { STREAMS } from '@tributary/connector-api';
import { ORDER_STATES } from '@tributary/feed';
import type { JsonSchema } from './endpoint.types.js';

export const TEXT_SCHEMA: JsonSchema = { type: 'string' };
export const BOOLEAN_SCHEMA: JsonSchema = { type: 'boolean' };
export const COUNT_SCHEMA: JsonSchema = { type: 'integer', minimum: 0 };
export const TIME_SCHEMA: JsonSchema = {
  type: 'string',
  format: 'date-time',
  description: 'RFC 3339, in UTC.',
};
export const DURATION_MS_SCHEMA: JsonSchema = { type: 'integer', description: 'Milliseconds.' };
/** An amount in minor units. It is a string, because many JSON programs cannot represent such large numbers. */
export const AMOUNT_SCHEMA: JsonSchema = {
  type: 'string',
  pattern: '^-?[0-9]+$',
  description: 'Minor units of the asset, as decimal digits.',
};
export const ASSET_SCHEMA: JsonSchema = {
  type: 'string',
  description: 'Currency and number of decimals, e.g. EUR/2.',
};
export const STREAM_SCHEMA: JsonSchema = { type: 'string', enum: [...STREAMS] };
export const ORDER_STATE_SCHEMA: JsonSchema = { type: 'string', enum: [...ORDER_STATES] };
export const QUARANTINE_KIND_SCHEMA: JsonSchema = {
  type: 'string',
  enum: ['rejected-record', 'data-warning'],
};
export const CONNECTOR_PATH_SCHEMA: JsonSchema = {
  type: 'string',
  maxLength: 128,
  description: 'Path of the connector, e.g. house-bank or acme/house-bank.',
};
/** Any JSON object, e.g. a record as served to clients. */
export const ANY_OBJECT_SCHEMA: JsonSchema = { type: 'object', additionalProperties: true };

/** A string parameter that the database compares with its values. The character U+0000 is forbidden, because PostgreSQL cannot store it. */
export const SEARCH_TEXT_SCHEMA: JsonSchema = {
  type: 'string',
  minLength: 1,
  maxLength: 1024,
  pattern: '^[^\\u0000]*$',
};

/** The parameters that every list has. */
export const PAGE_QUERY_SCHEMAS: Readonly<Record<string, JsonSchema>> = {
  after: { type: 'string', maxLength: 4096, description: 'The value of `next` from the page before.' },
  limit: { type: 'integer', minimum: 1, maximum: 200, default: 50 },
};

/** Returns the schema of an object. All properties are required, except those whose names end with `?`. */
export function createObjectSchema(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const names = Object.keys(properties);
  return {
    type: 'object',
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, schema]) => [name.replace(/\?$/, ''), schema]),
    ),
    required: names.filter((name) => !name.endsWith('?')),
    additionalProperties: false,
  };
}

export function createListSchema(items: JsonSchema): JsonSchema {
  return { type: 'array', items };
}

export function createPageSchema(items: JsonSchema): JsonSchema {
  return createObjectSchema({
    items: createListSchema(items),
    next: {
      type: ['string', 'null'],
      description: 'Send it as `after` to get the next page; null at the end.',
    },
  });
}
