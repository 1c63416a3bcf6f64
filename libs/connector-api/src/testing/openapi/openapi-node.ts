/** Reads the objects of an OpenAPI document. Nothing is assumed about the types of its values, because the document is external JSON. */
import type { OpenApiNode } from '../../contract/openapi/schemas.js';

export type { OpenApiNode };

export function isOpenApiNode(value: unknown): value is OpenApiNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Returns a property that is an object, or an empty object if the property is absent or has another type. */
export function getChild(node: OpenApiNode, key: string): OpenApiNode {
  const value = node[key];
  return isOpenApiNode(value) ? value : {};
}

export function toNodes(value: unknown): OpenApiNode[] {
  return Array.isArray(value) ? value.filter(isOpenApiNode) : [];
}

/**
 * Returns the value at a JSON pointer: `#/components/schemas/Account`.
 * @throws Error if the value does not exist or is in another document
 */
export function resolvePointer(root: OpenApiNode, pointer: string): unknown {
  if (!pointer.startsWith('#/')) throw new Error(`the document refers to ${pointer}, outside of itself`);
  let found: unknown = root;
  for (const segment of pointer.slice(2).split('/')) {
    const key = decodeURIComponent(segment).replaceAll('~1', '/').replaceAll('~0', '~');
    found =
      isOpenApiNode(found) || Array.isArray(found) ? (found as Record<string, unknown>)[key] : undefined;
  }
  if (found === undefined) throw new Error(`the document refers to ${pointer}, which it does not have`);
  return found;
}

/** Returns the target of `$ref`. Properties next to `$ref` override the properties of the target, as in OpenAPI 3.1. */
export function resolveReference(root: OpenApiNode, node: OpenApiNode): OpenApiNode {
  let result = node;
  while (typeof result['$ref'] === 'string') {
    const { $ref, ...beside } = result;
    const target = resolvePointer(root, $ref);
    if (!isOpenApiNode(target)) throw new Error(`the document refers to ${$ref}, which is no object`);
    result = { ...target, ...beside };
  }
  return result;
}
