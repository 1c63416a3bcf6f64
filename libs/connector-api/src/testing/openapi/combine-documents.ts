/** Checks requests and responses against several documents, for a PSP that publishes one document for each part of its API. */
import type { PspDocumentValidator } from './psp-document-validator.js';

/** What a fake PSP needs of a document. */
export type DocumentChecker = Pick<PspDocumentValidator, 'checkRequest' | 'checkResponse'>;

/**
 * Combines documents by the beginning of the paths that they describe: `combineDocuments({ '/v1/payments/': payouts })`. A document that is absent
 * checks nothing.
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
