/** Decorators for properties that several operations of the OpenAPI document share. */
import { applyDecorators } from '@nestjs/common';
import { ApiDefaultResponse, ApiQuery } from '@nestjs/swagger';
import { ErrorSchema } from './openapi-schemas.js';
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from './parse-page-query.js';

/** Documents the error response of the contract. */
export function ApiErrors() {
  return applyDecorators(ApiDefaultResponse({ description: 'General error', type: ErrorSchema }));
}

/** Documents the query parameters of a list. @param timeProperty the property by which the list is sorted */
export function ApiPageQuery(timeProperty: 'createdAt' | 'updatedAt') {
  const wholeNumber = { type: 'integer', format: 'int64', minimum: 1 } as const;
  return applyDecorators(
    ApiQuery({
      name: 'pageSize',
      required: false,
      description: 'Number of items per page',
      example: DEFAULT_PAGE_SIZE,
      schema: { ...wholeNumber, maximum: MAX_PAGE_SIZE, default: DEFAULT_PAGE_SIZE },
    }),
    ApiQuery({
      name: 'page',
      required: false,
      description: 'Page number',
      example: 1,
      schema: { ...wholeNumber, default: 1 },
    }),
    ApiQuery({
      name: 'sort',
      required: false,
      description: `Sort order; only ${timeProperty}:asc, which is the default`,
      example: `${timeProperty}:asc`,
      schema: { type: 'string' },
    }),
    ApiQuery({
      name: `${timeProperty}From`,
      required: false,
      description: `Rows whose ${timeProperty} is at or after this time`,
      schema: { type: 'string', format: 'date-time' },
    }),
  );
}
