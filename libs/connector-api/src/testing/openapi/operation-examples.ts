/** Reads the examples of an operation from an OpenAPI document. */
import { getChild, resolveReference, isOpenApiNode } from './openapi-node.js';
import type { OpenApiNode } from './openapi-node.js';
import type { OpenApiOperation } from './operation-index.js';

export interface Example {
  /** A unique name, which is used in test titles: `GET /accounts 200 list-balances-200-1`. */
  name: string;
  /** The status of a response example. Absent for a request example. */
  status?: number;
  mediaType: string;
  /** The value as in the document. Its numbers are JavaScript numbers. */
  value: unknown;
}

export function getExamples(root: OpenApiNode, operation: OpenApiOperation): Example[] {
  const { method, path, node } = operation;
  const request = resolveReference(root, getChild(node, 'requestBody'));
  const inRequest = getContentExamples(root, request).map((one) => ({
    ...one,
    name: `${method} ${path} request ${one.name}`,
  }));
  const inResponses = Object.entries(getChild(node, 'responses')).flatMap(([code, response]) => {
    if (!isOpenApiNode(response)) return [];
    // The key `default` describes all errors without their own key. The fake uses the status 500 for such an error.
    const status = /^\d{3}$/.test(code) ? Number(code) : 500;
    return getContentExamples(root, resolveReference(root, response)).map((one) => ({
      ...one,
      status,
      name: `${method} ${path} ${code} ${one.name}`,
    }));
  });
  return [...inRequest, ...inResponses];
}

function getContentExamples(root: OpenApiNode, holder: OpenApiNode): Example[] {
  return Object.entries(getChild(holder, 'content')).flatMap(([mediaType, media]) => {
    if (!isOpenApiNode(media)) return [];
    const named = Object.entries(getChild(media, 'examples')).flatMap(([name, example]) => {
      const { value } = isOpenApiNode(example) ? resolveReference(root, example) : {};
      return value === undefined ? [] : [{ name, mediaType, value }];
    });
    const single = media['example'] ?? resolveReference(root, getChild(media, 'schema'))['example'];
    return single === undefined ? named : [...named, { name: 'example', mediaType, value: single }];
  });
}
