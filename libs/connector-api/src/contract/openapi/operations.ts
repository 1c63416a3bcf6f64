/** The operations of the OpenAPI document. Source: Generic Connector document, `paths`. */
import { DEFAULT_FEED_LIMIT, MAX_FEED_LIMIT } from '../parse-feed-query.js';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from '../parse-page-query.js';
import { createSchemaReference, type OpenApiNode } from './schemas.js';

const POSITIVE_INTEGER = { type: 'integer', format: 'int64', minimum: 1 };

/**
 * Returns the query parameters of a list.
 * @param timeProperty the property by which the list is sorted
 */
function createPageParameters(timeProperty: 'createdAt' | 'updatedAt'): readonly OpenApiNode[] {
  return [
    {
      name: 'pageSize',
      description: 'Number of items per page',
      schema: { ...POSITIVE_INTEGER, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE },
    },
    { name: 'page', description: 'Page number', schema: { ...POSITIVE_INTEGER, default: 1 } },
    {
      name: 'sort',
      description: `Sort order; only ${timeProperty}:asc, which is the default`,
      schema: { type: 'string' },
    },
    {
      name: `${timeProperty}From`,
      description: `Rows whose ${timeProperty} is at or after this time`,
      schema: { type: 'string', format: 'date-time' },
    },
  ].map((parameter) => ({ ...parameter, in: 'query', required: false }));
}

interface OperationOptions {
  operationId: string;
  summary: string;
  description?: string;
  tag: string;
  parameters?: readonly OpenApiNode[];
  /** The schema of the request body. */
  request?: OpenApiNode;
  status: 200 | 201;
  responseDescription: string;
  response: OpenApiNode;
}

function createOperation(options: OperationOptions): OpenApiNode {
  const { operationId, summary, description, tag, parameters = [], request, status } = options;
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    tags: [tag],
    parameters,
    ...(request === undefined ? {} : { requestBody: { required: true, content: createContent(request) } }),
    responses: {
      [status]: { description: options.responseDescription, content: createContent(options.response) },
      default: { description: 'General error', content: createContent(createSchemaReference('Error')) },
    },
    security: [{ bearer: [] }],
  };
}

function createContent(schema: OpenApiNode): OpenApiNode {
  return { 'application/json': { schema } };
}

function createListOperation(
  name: 'accounts' | 'beneficiaries' | 'transactions',
  itemSchema: string,
  timeProperty: 'createdAt' | 'updatedAt',
): OpenApiNode {
  return createOperation({
    operationId: `get${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    summary: `Get all ${name}`,
    tag: 'Feeds',
    parameters: createPageParameters(timeProperty),
    status: 200,
    responseDescription: `List of ${name}`,
    response: { type: 'array', items: createSchemaReference(itemSchema) },
  });
}

function createFeedOperation(): OpenApiNode {
  const number = (minimum: number) => ({ type: 'integer', format: 'int64', minimum });
  const parameters = [
    {
      name: 'after',
      description: 'Sequence number of the last row that the reader has; 0 for none',
      schema: { ...number(0), default: 0 },
    },
    {
      name: 'limit',
      description: 'Maximum number of rows',
      schema: { ...number(1), maximum: MAX_FEED_LIMIT, default: DEFAULT_FEED_LIMIT },
    },
    {
      name: 'wait',
      description: 'How long the response waits if there is no row yet: 500ms, 30s; at most 30s',
      schema: { type: 'string' },
    },
    { name: 'epoch', description: '`epoch` of the response that had the row', schema: number(0) },
  ].map((parameter) => ({ ...parameter, in: 'query', required: false }));
  return createOperation({
    operationId: 'readFeed',
    summary: 'Read the rows of a feed by their numbers',
    description:
      'For programs other than Formance; not part of the Generic Connector API. The header Accept chooses the format: ' +
      '`application/json`, `application/x-ndjson` (one FeedRow a line) or `text/event-stream` (one FeedRow an event). ' +
      '409: the store was restored, and the reader must begin at after=0 again.',
    tag: 'Feeds',
    parameters: [
      {
        name: 'stream',
        in: 'path',
        required: true,
        schema: { type: 'string', enum: ['accounts', 'beneficiaries', 'transactions'] },
      },
      ...parameters,
    ],
    status: 200,
    responseDescription: 'Rows after the position, oldest first',
    response: createSchemaReference('FeedRows'),
  });
}

const ORDER_DESCRIPTION =
  'Needs a key that may pay. Answers within 8 s: what is not known by then is PENDING, and its progress is published as rows of the ' +
  'transactions whose `relatedTransactionID` is the idempotencyKey. What the PSP or a limit refuses is FAILED, with the reason in the ' +
  'metadata. A retry sends the same idempotencyKey and gets the same answer; with another request that key is refused.';

function createOrderOperation(kind: 'Payout' | 'Transfer', description: string): OpenApiNode {
  return createOperation({
    operationId: `create${kind}`,
    summary: `Create ${kind.toLowerCase()}`,
    description: `${description} ${ORDER_DESCRIPTION}`,
    tag: 'Orders',
    request: createSchemaReference(`${kind}Request`),
    status: 201,
    responseDescription: `${kind} response`,
    response: createSchemaReference(kind),
  });
}

/** The operations by path, relative to the path of the connector. */
export const OPENAPI_PATHS: Readonly<Record<string, OpenApiNode>> = {
  '/accounts': { get: createListOperation('accounts', 'Account', 'createdAt') },
  '/beneficiaries': { get: createListOperation('beneficiaries', 'Beneficiary', 'createdAt') },
  '/transactions': { get: createListOperation('transactions', 'Transaction', 'updatedAt') },
  '/feed/{stream}': { get: createFeedOperation() },
  '/accounts/{accountId}/balances': {
    get: createOperation({
      operationId: 'getAccountBalances',
      summary: 'Get account balance',
      tag: 'Balances',
      parameters: [
        {
          name: 'accountId',
          in: 'path',
          required: true,
          description: 'The `id` that the list of accounts gave',
          schema: { type: 'string' },
        },
      ],
      status: 200,
      responseDescription: 'Account balances',
      response: createSchemaReference('Balances'),
    }),
  },
  '/payouts': { post: createOrderOperation('Payout', 'Pays one of the beneficiaries.') },
  '/transfers': {
    post: createOrderOperation('Transfer', 'Create an internal transfer between two accounts.'),
  },
};
