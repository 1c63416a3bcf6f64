/** Reads the examples of an operation from an OpenAPI document. */
import { child, deref, isNode } from './node.js';
import type { Node } from './node.js';
import type { Operation } from './operation.js';

export interface Example {
  /** Unique name, used in test titles: `GET /accounts 200 list-balances-200-1`. */
  name: string;
  /** Absent for a request example. */
  status?: number;
  mediaType: string;
  /** Value as in the document. Numbers are doubles. */
  value: unknown;
}

export function examplesOf(root: Node, operation: Operation): Example[] {
  const { method, path, node } = operation;
  const request = deref(root, child(node, 'requestBody'));
  const inRequest = inContent(root, request).map((one) => ({
    ...one,
    name: `${method} ${path} request ${one.name}`,
  }));
  const inResponses = Object.entries(child(node, 'responses')).flatMap(([code, response]) => {
    if (!isNode(response)) return [];
    // `default` describes all other errors, so use 500.
    const status = /^\d{3}$/.test(code) ? Number(code) : 500;
    return inContent(root, deref(root, response)).map((one) => ({
      ...one,
      status,
      name: `${method} ${path} ${code} ${one.name}`,
    }));
  });
  return [...inRequest, ...inResponses];
}

function inContent(root: Node, holder: Node): Example[] {
  return Object.entries(child(holder, 'content')).flatMap(([mediaType, media]) => {
    if (!isNode(media)) return [];
    const named = Object.entries(child(media, 'examples')).flatMap(([name, example]) => {
      const { value } = isNode(example) ? deref(root, example) : {};
      return value === undefined ? [] : [{ name, mediaType, value }];
    });
    const single = media['example'] ?? deref(root, child(media, 'schema'))['example'];
    return single === undefined ? named : [...named, { name: 'example', mediaType, value: single }];
  });
}
