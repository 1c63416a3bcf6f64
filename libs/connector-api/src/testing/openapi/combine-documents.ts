/** Checks requests and responses against several documents, for a PSP that publishes one document for each part of its API. */
import type { PspDocumentValidator } from './psp-document-validator.js';

/** What a fake PSP needs of a document. */
export type DocumentChecker = Pick<PspDocumentValidator, 'checkRequest' | 'checkResponse'>;

/**
 * Returns one checker that uses, for each request, the document whose path prefix matches: `combineDocuments({ '/v1/payments/': payouts })`. If no
 * document matches, or the document is absent, the request is not checked.
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
