/** The examples that a document gives for an operation: its authors' own idea of the data. */
import { child, deref, isNode } from './node.js';
import type { Node } from './node.js';
import type { Operation } from './operation.js';

export interface Example {
  /** For the name of a test: `GET /accounts 200 list-balances-200-1`. */
  name: string;
  /** Absent for an example of a request. */
  status?: number;
  mediaType: string;
  /** As in the document; its numbers are doubles. */
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
    // `default` stands for errors that are not named.
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
