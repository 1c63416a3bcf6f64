/** The schemas of the OpenAPI document. Source: Generic Connector document, `components/schemas`. */
import { TRANSACTION_STATUSES, TRANSACTION_TYPES } from '../../record.types.js';

/** A part of an OpenAPI document. */
export type OpenApiNode = Readonly<Record<string, unknown>>;

/** A property of a schema. `optional` is only for this file; it is removed from the document. */
type Property = OpenApiNode & { optional?: true };

const text: Property = { type: 'string' };
const identifier: Property = { type: 'string', minLength: 1, maxLength: 1024 };
const time: Property = { type: 'string', format: 'date-time' };
const feedTime: Property = {
  ...time,
  description: 'Feed time: unique and growing, what a client resumes from',
};
const amount: Property = { type: 'string', description: 'Amount in minor units (integer string)' };
const asset: Property = { type: 'string', description: 'Asset with its precision: EUR/2, BTC/8, JPY' };
const metadata: Property = {
  type: 'object',
  additionalProperties: { type: 'string' },
  nullable: true,
  optional: true,
};
const positiveInteger: Property = { type: 'integer', format: 'int64', minimum: 1 };
const optionalText: Property = { ...text, optional: true };

/** Returns a reference (`$ref`) to a schema of the document. */
export function createSchemaReference(name: string): OpenApiNode {
  return { $ref: `#/components/schemas/${name}` };
}

function createObject(properties: Readonly<Record<string, Property>>): OpenApiNode {
  const entries = Object.entries(properties);
  return {
    type: 'object',
    properties: Object.fromEntries(
      entries.map(([name, { optional: _optional, ...schema }]) => [name, schema]),
    ),
    required: entries.filter(([, { optional }]) => optional !== true).map(([name]) => name),
  };
}

const ORDER_REQUEST = {
  idempotencyKey: { ...identifier, description: 'Unique name of the order; a retry sends the same one' },
  amount: { ...amount, pattern: '^[1-9][0-9]{0,77}$', example: '1250' },
  currency: { ...asset, example: 'EUR/2' },
  sourceAccountId: { ...identifier, description: 'An `id` of the list of accounts' },
  destinationAccountId: {
    ...identifier,
    description:
      'Of a payout an `id` of the list of beneficiaries, of a transfer one of the list of accounts',
  },
  description: optionalText,
  metadata,
};

const ORDER_RESPONSE = {
  ...ORDER_REQUEST,
  id: text,
  status: createSchemaReference('TransactionStatus'),
  createdAt: time,
  updatedAt: { ...time, optional: true as const },
};

export const OPENAPI_SCHEMAS: OpenApiNode = {
  Error: createObject({ Title: text, Detail: text }),
  Account: createObject({
    id: { ...text, description: 'Safe in a path as it is' },
    accountName: text,
    createdAt: feedTime,
    metadata,
  }),
  Beneficiary: createObject({ id: text, createdAt: feedTime, ownerName: text, metadata }),
  TransactionType: { type: 'string', enum: TRANSACTION_TYPES },
  TransactionStatus: { type: 'string', enum: TRANSACTION_STATUSES },
  Transaction: createObject({
    id: text,
    relatedTransactionID: optionalText,
    createdAt: { ...time, description: 'When it happened; the same for every version' },
    updatedAt: feedTime,
    currency: asset,
    scheme: optionalText,
    type: createSchemaReference('TransactionType'),
    status: createSchemaReference('TransactionStatus'),
    amount,
    sourceAccountID: optionalText,
    destinationAccountID: optionalText,
    metadata,
  }),
  FeedRow: createObject({
    sequence: {
      ...positiveInteger,
      description: 'Number of the row: counts from 1 without gaps, in the order of visibility',
    },
    feedTime: { ...time, description: 'Feed time of the row, as in the lists' },
    id: { ...text, description: 'Id of the record, as in the lists' },
    version: { ...positiveInteger, description: 'Version of the record, from 1 on' },
    record: { type: 'object', description: 'The account, beneficiary or transaction, as in the lists' },
  }),
  FeedRows: createObject({
    epoch: {
      type: 'integer',
      format: 'int64',
      description: 'Changes when the store was restored. Send it with the next request',
    },
    next: { type: 'integer', format: 'int64', description: 'The `after` of the next request' },
    rows: { type: 'array', items: createSchemaReference('FeedRow') },
  }),
  Balance: createObject({ amount, currency: asset }),
  Balances: createObject({
    id: text,
    accountID: text,
    at: { ...time, description: 'When this was the balance' },
    balances: { type: 'array', items: createSchemaReference('Balance') },
  }),
  PayoutRequest: createObject(ORDER_REQUEST),
  Payout: createObject(ORDER_RESPONSE),
  TransferRequest: createObject(ORDER_REQUEST),
  Transfer: createObject(ORDER_RESPONSE),
};
