import { HttpStatus } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { ContractError, createUnprocessableError } from './contract-error.js';

const JSON_CONTENT_TYPE = /^application\/(?:[^;\s]+\+)?json\s*(?:;|$)/i;

/**
 * Parses a request body, which arrives as bytes, to a JSON object. Controllers call the function after the authorization, so that the
 * gateway does not parse bodies of callers without a valid API key.
 * @throws ContractError 415 for another content type, 400 for invalid JSON, 422 for JSON that is not an object
 */
export function parseJsonBody(request: FastifyRequest): Readonly<Record<string, unknown>> {
  const type = request.headers['content-type'] ?? '';
  if (!JSON_CONTENT_TYPE.test(type)) {
    throw new ContractError(
      HttpStatus.UNSUPPORTED_MEDIA_TYPE,
      'Unsupported content type',
      `Content-Type is ${JSON.stringify(type.slice(0, 64))}, expected application/json.`,
    );
  }
  const value = parseUtf8Json(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw createUnprocessableError('Invalid body', 'The body is JSON, but not the object that was expected.');
  }
  return value as Readonly<Record<string, unknown>>;
}

function parseUtf8Json(body: Buffer): unknown {
  try {
    // Invalid UTF-8 is an error. If invalid bytes were replaced by U+FFFD, two different idempotency keys could become equal.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw new ContractError(
      HttpStatus.BAD_REQUEST,
      'Broken JSON',
      body.length === 0
        ? 'The body is empty, expected a JSON object.'
        : 'The body is not valid JSON in UTF-8.',
    );
  }
}
