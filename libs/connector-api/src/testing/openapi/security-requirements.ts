/** Checks that a request contains the kind of credentials that the document requires. The credentials themselves are not verified. */
import { getChild, resolveReference } from './openapi-node.js';
import type { OpenApiNode } from './openapi-node.js';

interface CredentialSource {
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
}

/**
 * Returns the problems with the credentials of a request.
 * @param security the alternative requirements of the document. Each requirement lists security schemes that are required together
 */
export function findSecurityProblems(
  root: OpenApiNode,
  security: readonly OpenApiNode[],
  request: CredentialSource,
): string[] {
  if (security.length === 0) return [];
  const schemes = getChild(getChild(root, 'components'), 'securitySchemes');
  const isMet = (name: string) => hasCredentials(resolveReference(root, getChild(schemes, name)), request);
  if (security.some((needed) => Object.keys(needed).every(isMet))) return [];
  const names = security.map((needed) => Object.keys(needed).join(' and ')).join(', or ');
  return [`credentials are absent: expected ${names}`];
}

function hasCredentials(scheme: OpenApiNode, { query, headers }: CredentialSource): boolean {
  const authorization = headers['authorization'] ?? '';
  switch (scheme['type']) {
    case 'http':
      return authorization.toLowerCase().startsWith(`${String(scheme['scheme']).toLowerCase()} `);
    case 'oauth2':
    case 'openIdConnect':
      return authorization.toLowerCase().startsWith('bearer ');
    case 'apiKey': {
      const name = String(scheme['name']);
      if (scheme['in'] === 'header') return headers[name.toLowerCase()] !== undefined;
      return scheme['in'] === 'query' ? query.has(name) : headers['cookie'] !== undefined;
    }
    default:
      return true;
  }
}
