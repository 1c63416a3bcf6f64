/** Index of the operations of an OpenAPI document. Finds the operation for a request. */
import { child, deref, isNode, nodesOf } from './node.js';
import type { Node } from './node.js';

export interface Operation {
  method: string;
  /** Path template as in the document, e.g. `/accounts/{account_id}`. */
  path: string;
  node: Node;
  /** Parameters of the operation and of its path item, with `$ref` resolved. */
  parameters: Node[];
  security: Node[];
}

export interface Match {
  operation: Operation;
  params: Readonly<Record<string, string>>;
}

const METHODS = new Set(['get', 'post', 'put', 'patch', 'delete', 'head', 'options']);

interface Route {
  operation: Operation;
  pattern: RegExp;
  names: string[];
}

export class Operations {
  private readonly routes: Route[];

  constructor(root: Node) {
    this.routes = Object.entries(child(root, 'paths')).flatMap(([path, item]) =>
      isNode(item) ? routesOf(root, path, item) : [],
    );
    // A path without parameters has priority: `/balances/primary` before `/balances/{id}`.
    this.routes.sort((a, b) => a.names.length - b.names.length);
  }

  /** Returns the operation for a method and a path template, e.g. `GET` and `/accounts/{account_id}`. @throws Error if there is none. */
  get(method: string, path: string): Operation {
    const same = ({ operation }: Route) =>
      operation.method === method && anonymous(operation.path) === anonymous(path);
    const route = this.routes.find(same);
    if (route === undefined) throw new Error(`the document has no ${method} ${path}`);
    return route.operation;
  }

  /** Finds the operation for a request. @param path requested path, including the path of the document's server */
  match(method: string, path: string): Match | undefined {
    for (const { operation, pattern, names } of this.routes) {
      const found = operation.method === method ? pattern.exec(path) : null;
      if (found === null) continue;
      const params = names.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]);
      return { operation, params: Object.fromEntries(params) as Record<string, string> };
    }
    return undefined;
  }
}

function routesOf(root: Node, path: string, item: Node): Route[] {
  const { pattern, names } = patternOf(path, basePaths(root, item));
  return Object.entries(item).flatMap(([method, node]) => {
    if (!METHODS.has(method) || !isNode(node)) return [];
    const own = nodesOf(node['parameters']).map((parameter) => deref(root, parameter));
    const shared = nodesOf(item['parameters']).map((parameter) => deref(root, parameter));
    const isOverridden = (one: Node) =>
      own.some((two) => two['name'] === one['name'] && two['in'] === one['in']);
    const parameters = [...own, ...shared.filter((parameter) => !isOverridden(parameter))];
    const security = nodesOf(node['security'] ?? root['security']);
    const operation = { method: method.toUpperCase(), path, node, parameters, security };
    return [{ operation, pattern, names }];
  });
}

/** Returns the paths of the document's server URLs: `https://b2b.revolut.com/api/1.0` → `/api/1.0`. Without servers: `['']`. */
function basePaths(root: Node, item: Node): string[] {
  const servers = nodesOf(item['servers'] ?? root['servers']);
  const paths = servers.flatMap(({ url }) => {
    if (typeof url !== 'string') return [];
    return [(URL.canParse(url) ? new URL(url).pathname : url).replace(/\/+$/, '')];
  });
  return paths.length > 0 ? [...new Set(paths)] : [''];
}

function patternOf(template: string, bases: string[]): { pattern: RegExp; names: string[] } {
  const names = [...template.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const path = template
    .split(/\{[^}]+\}/)
    .map(escapeRegExp)
    .join('([^/]+)');
  return { pattern: new RegExp(`^(?:${bases.map(escapeRegExp).join('|')})${path}$`), names };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function anonymous(path: string): string {
  return path.replace(/\{[^}]+\}/g, '{}');
}
