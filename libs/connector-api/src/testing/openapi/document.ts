/**
 * Validates the requests and responses of a fake PSP against the PSP's official OpenAPI document (3.0 or 3.1, JSON or YAML).
 * It is stricter than OpenAPI: a path, query parameter, status or property that the document does not name is a problem.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Example } from './examples.js';
import { examplesOf } from './examples.js';
import { child, deref, isNode, lookUp } from './node.js';
import type { Node } from './node.js';
import { Operations } from './operation.js';
import type { Operation } from './operation.js';
import { ParameterChecker } from './parameters.js';
import { SchemaChecker } from './schema-checker.js';
import { securityProblems } from './security.js';

export interface SentRequest {
  method: string;
  /** Requested path, including the path of the document's server: `/api/1.0/accounts`. */
  path: string;
  query: URLSearchParams;
  /** Header names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Decoded JSON, or the fields of a form. `undefined` without a body. */
  body: unknown;
}

export interface SentResponse {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  /** Decoded JSON. `undefined` without a body. */
  body: unknown;
}

/** Replaces one value of a document that contradicts itself or the real API. */
export interface Correction {
  /** JSON pointer to the value, e.g. `#/components/schemas/Account/properties/id/format`. */
  at: string;
  /** New value. `undefined` removes the property. */
  value: unknown;
  because: string;
}

/** Folder with the official documents. It is next to the repository, not part of it. */
const SPECS = join(dirname(fileURLToPath(import.meta.url)), '../../../../../../shared/specs');

export class OpenApiDocument {
  private readonly operations: Operations;
  private readonly requests: SchemaChecker;
  private readonly responses: SchemaChecker;
  private readonly parameters: ParameterChecker;

  constructor(private readonly root: Node) {
    this.operations = new Operations(root);
    this.requests = new SchemaChecker(root, 'request');
    this.responses = new SchemaChecker(root, 'response');
    this.parameters = new ParameterChecker(root, this.requests);
  }

  /** Loads a document from a file. @throws Error if the file is not an OpenAPI 3 document, or a correction's pointer does not exist. */
  static async load(path: string, corrections: readonly Correction[] = []): Promise<OpenApiDocument> {
    const text = await readFile(path, 'utf8');
    const root: unknown = path.endsWith('.json') ? JSON.parse(text) : parse(text, { maxAliasCount: -1 });
    if (!isNode(root) || !String(root['openapi']).startsWith('3.')) {
      throw new Error(`${path} is no OpenAPI 3 document`);
    }
    for (const correction of corrections) correct(root, correction);
    return new OpenApiDocument(root);
  }

  /**
   * Loads an official document from `../shared/specs`, e.g. `mollie/specs.yaml`. If the file is absent, prints that the checks are skipped.
   * @returns `undefined` if the file is absent. A `FakePsp` without a document checks nothing.
   */
  static async official(
    file: string,
    corrections?: readonly Correction[],
  ): Promise<OpenApiDocument | undefined> {
    const path = join(SPECS, file);
    if (existsSync(path)) return OpenApiDocument.load(path, corrections);
    process.stderr.write(`skipped: checks against ${file}, because ../shared/specs/${file} is absent\n`);
    return undefined;
  }

  /** Returns the document's examples. @param path template as in the document. @throws Error if the document does not have the operation. */
  examples(method: string, path: string): Example[] {
    return examplesOf(this.root, this.operations.get(method, path));
  }

  /** @returns one string per problem, with operation, location, expected and found value. Empty if the request is valid. */
  checkRequest(request: SentRequest): string[] {
    const match = this.operations.match(request.method, request.path);
    if (match === undefined) return [`the document has no ${request.method} ${request.path}`];
    const { operation, params } = match;
    const problems = [
      ...securityProblems(this.root, operation.security, request),
      ...this.parameters.check(operation.parameters, { ...request, path: params }),
      ...this.bodyProblems(operation, request),
    ];
    return problems.map((problem) => `${operation.method} ${operation.path}: request: ${problem}`);
  }

  /** @returns one string per problem, as `checkRequest` does. */
  checkResponse({ method, path }: Pick<SentRequest, 'method' | 'path'>, response: SentResponse): string[] {
    const match = this.operations.match(method, path);
    if (match === undefined) return [`the document has no ${method} ${path}`];
    const { operation } = match;
    return this.responseProblems(operation, response).map(
      (problem) => `${operation.method} ${operation.path}: response ${response.status}: ${problem}`,
    );
  }

  private bodyProblems({ node }: Operation, { headers, body }: SentRequest): string[] {
    const documented = deref(this.root, child(node, 'requestBody'));
    if (body === undefined) return documented['required'] === true ? ['a body is required, and absent'] : [];
    if (documented['content'] === undefined) return ['the document has no body here'];
    return this.contentProblems(child(documented, 'content'), headers['content-type'], body, this.requests);
  }

  private responseProblems({ node }: Operation, { status, headers, body }: SentResponse): string[] {
    const responses = child(node, 'responses');
    const documented =
      responses[status] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses['default'];
    if (!isNode(documented)) return [`expected one of the statuses ${Object.keys(responses).join(', ')}`];
    const { content } = deref(this.root, documented);
    if (!isNode(content)) return body === undefined ? [] : ['the document has no body here'];
    if (body === undefined) return ['a body is expected, and absent'];
    return this.contentProblems(content, headers['content-type'], body, this.responses);
  }

  private contentProblems(
    content: Node,
    sentType: string | undefined,
    body: unknown,
    checker: SchemaChecker,
  ): string[] {
    const type = sentType?.split(';')[0]?.trim().toLowerCase() ?? 'none';
    const media = content[type] ?? content[`${type.split('/')[0]}/*`] ?? content['*/*'];
    if (!isNode(media)) return [`expected content of type ${Object.keys(content).join(', ')}, found ${type}`];
    return media['schema'] === undefined ? [] : checker.check(media['schema'], body);
  }
}

function correct(root: Node, { at, value }: Correction): void {
  const cut = at.lastIndexOf('/');
  const parent = lookUp(root, at.slice(0, cut)) as Record<string, unknown>;
  const key = at
    .slice(cut + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  if (value === undefined) delete parent[key];
  else parent[key] = value;
}
