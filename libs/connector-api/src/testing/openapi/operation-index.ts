/** Finds the operation of an OpenAPI document for a request. */
import { getChild, resolveReference, isOpenApiNode, toNodes } from './openapi-node.js';
import type { OpenApiNode } from './openapi-node.js';

export interface OpenApiOperation {
  method: string;
  /** The path template as in the document: `/accounts/{account_id}`. */
  path: string;
  node: OpenApiNode;
  /** The parameters of the operation and of its path item. Every `$ref` is resolved. */
  parameters: OpenApiNode[];
  security: OpenApiNode[];
}

export interface OperationMatch {
  operation: OpenApiOperation;
  params: Readonly<Record<string, string>>;
}

const HTTP_METHODS = new Set(['get', 'post', 'put', 'patch', 'delete', 'head', 'options']);

interface OperationRoute {
  operation: OpenApiOperation;
  pattern: RegExp;
  parameterNames: string[];
}

export class OperationIndex {
  private readonly routes: OperationRoute[];

  constructor(root: OpenApiNode) {
    this.routes = Object.entries(getChild(root, 'paths')).flatMap(([path, item]) =>
      isOpenApiNode(item) ? createRoutes(root, path, item) : [],
    );
    // A path with fewer parameters has priority: `/balances/primary` before `/balances/{id}`.
    this.routes.sort((a, b) => a.parameterNames.length - b.parameterNames.length);
  }

  /**
   * Returns the operation for a method and a path template: `('GET', '/accounts/{account_id}')`.
   * @throws Error if the document has no such operation
   */
  get(method: string, path: string): OpenApiOperation {
    const same = ({ operation }: OperationRoute) =>
      operation.method === method && stripParameterNames(operation.path) === stripParameterNames(path);
    const route = this.routes.find(same);
    if (route === undefined) throw new Error(`the document has no ${method} ${path}`);
    return route.operation;
  }

  /**
   * Finds the operation for a request.
   * @param path the requested path, including the path of the document's server
   */
  match(method: string, path: string): OperationMatch | undefined {
    for (const { operation, pattern, parameterNames } of this.routes) {
      const found = operation.method === method ? pattern.exec(path) : null;
      if (found === null) continue;
      const params = parameterNames.map((name, index) => [name, decodeURIComponent(found[index + 1] ?? '')]);
      return { operation, params: Object.fromEntries(params) as Record<string, string> };
    }
    return undefined;
  }
}

function createRoutes(root: OpenApiNode, path: string, item: OpenApiNode): OperationRoute[] {
  const { pattern, parameterNames } = createPathPattern(path, getBasePaths(root, item));
  return Object.entries(item).flatMap(([method, node]) => {
    if (!HTTP_METHODS.has(method) || !isOpenApiNode(node)) return [];
    const own = toNodes(node['parameters']).map((parameter) => resolveReference(root, parameter));
    const shared = toNodes(item['parameters']).map((parameter) => resolveReference(root, parameter));
    const isOverridden = (one: OpenApiNode) =>
      own.some((two) => two['name'] === one['name'] && two['in'] === one['in']);
    const parameters = [...own, ...shared.filter((parameter) => !isOverridden(parameter))];
    const security = toNodes(node['security'] ?? root['security']);
    const operation = { method: method.toUpperCase(), path, node, parameters, security };
    return [{ operation, pattern, parameterNames }];
  });
}

/** Returns the paths of the document's server URLs: `https://b2b.revolut.com/api/1.0` → `/api/1.0`. Without servers: `['']`. */
function getBasePaths(root: OpenApiNode, item: OpenApiNode): string[] {
  const servers = toNodes(item['servers'] ?? root['servers']);
  const paths = servers.flatMap(({ url }) => {
    if (typeof url !== 'string') return [];
    return [(URL.canParse(url) ? new URL(url).pathname : url).replace(/\/+$/, '')];
  });
  return paths.length > 0 ? [...new Set(paths)] : [''];
}

function createPathPattern(template: string, bases: string[]): { pattern: RegExp; parameterNames: string[] } {
  const parameterNames = [...template.matchAll(/\{([^}]+)\}/g)].map(([, name = '']) => name);
  const path = template
    .split(/\{[^}]+\}/)
    .map(escapeRegExp)
    .join('([^/]+)');
  return { pattern: new RegExp(`^(?:${bases.map(escapeRegExp).join('|')})${path}$`), parameterNames };
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

function stripParameterNames(path: string): string {
  return path.replace(/\{[^}]+\}/g, '{}');
}
