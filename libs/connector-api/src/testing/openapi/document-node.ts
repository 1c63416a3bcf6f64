/** Safe access to the objects of an OpenAPI document, which is untrusted JSON. */
import type { DocumentNode } from '../../contract/openapi/schemas.js';

export type { DocumentNode };

export function isDocumentNode(value: unknown): value is DocumentNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a property that is an object, or an empty object if there is none. */
export function getChild(node: DocumentNode, key: string): DocumentNode {
  const value = node[key];
  return isDocumentNode(value) ? value : {};
}

export function toNodes(value: unknown): DocumentNode[] {
  return Array.isArray(value) ? value.filter(isDocumentNode) : [];
}

/** Returns the value at a JSON pointer, e.g. `#/components/schemas/Account`. @throws Error if it does not exist or is in another document. */
export function resolvePointer(root: DocumentNode, pointer: string): unknown {
  if (!pointer.startsWith('#/')) throw new Error(`the document refers to ${pointer}, outside of itself`);
  let found: unknown = root;
  for (const segment of pointer.slice(2).split('/')) {
    const key = decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
    found =
      isDocumentNode(found) || Array.isArray(found) ? (found as Record<string, unknown>)[key] : undefined;
  }
  if (found === undefined) throw new Error(`the document refers to ${pointer}, which it does not have`);
  return found;
}

/** Follows `$ref`. Properties next to `$ref` override those of its target, as in OpenAPI 3.1. */
export function resolveReference(root: DocumentNode, node: DocumentNode): DocumentNode {
  let result = node;
  while (typeof result['$ref'] === 'string') {
    const { $ref, ...beside } = result;
    const target = resolvePointer(root, $ref);
    if (!isDocumentNode(target)) throw new Error(`the document refers to ${$ref}, which is no object`);
    result = { ...target, ...beside };
  }
  return result;
}
