/** Checks requests and responses against several documents, for a PSP that publishes one document for each part of its API. */
import type { PspDocumentValidator } from './psp-document-validator.js';

/** The functions of a document validator that a fake PSP uses. */
export type DocumentChecker = Pick<PspDocumentValidator, 'checkRequest' | 'checkResponse'>;

/**
 * Combines several documents into one checker. A request is checked with the document whose path prefix matches the request's path:
 * `combineDocuments({ '/v1/payments/': payouts })`. If no prefix matches, or if the document is `undefined`, the request is not checked.
 */
export function combineDocuments(
  documentByPathPrefix: Readonly<Record<string, DocumentChecker | undefined>>,
): DocumentChecker {
  const find = (path: string): DocumentChecker | undefined =>
    Object.entries(documentByPathPrefix).find(([prefix]) => path.startsWith(prefix))?.[1];
  return {
    checkRequest: (request) => find(request.path)?.checkRequest(request) ?? [],
    checkResponse: (request, response) => find(request.path)?.checkResponse(request, response) ?? [],
  };
}
