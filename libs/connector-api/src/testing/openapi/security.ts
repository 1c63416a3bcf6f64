/** Checks that a request carries the kind of credentials that the document requires. Does not verify the credentials themselves. */
import { child, deref } from './node.js';
import type { Node } from './node.js';

interface Carrier {
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
}

/** @param security alternative requirements. Each lists security schemes that are required together. */
export function securityProblems(root: Node, security: readonly Node[], request: Carrier): string[] {
  if (security.length === 0) return [];
  const schemes = child(child(root, 'components'), 'securitySchemes');
  const isMet = (name: string) => isCarried(deref(root, child(schemes, name)), request);
  if (security.some((needed) => Object.keys(needed).every(isMet))) return [];
  const names = security.map((needed) => Object.keys(needed).join(' and ')).join(', or ');
  return [`credentials are absent: expected ${names}`];
}

function isCarried(scheme: Node, { query, headers }: Carrier): boolean {
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
