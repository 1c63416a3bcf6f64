/**
 * Validates the requests and responses of a fake PSP against the PSP's official OpenAPI document (3.0 or 3.1, JSON or YAML). The validation
 * is stricter than OpenAPI requires: every path, query parameter, status or property that the document does not contain is a problem.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import type { Example } from './operation-examples.js';
import { getExamples } from './operation-examples.js';
import { getChild, resolveReference, isOpenApiNode, resolvePointer } from './openapi-node.js';
import type { OpenApiNode } from './openapi-node.js';
import { OperationIndex } from './operation-index.js';
import type { OpenApiOperation } from './operation-index.js';
import { ParameterChecker } from './parameter-checker.js';
import { SchemaChecker } from './schema-checker.js';
import { findSecurityProblems } from './security-requirements.js';

export interface SentRequest {
  method: string;
  /** The requested path, including the path of the document's server: `/api/1.0/accounts`. */
  path: string;
  query: URLSearchParams;
  /** The headers. Their names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON, or the fields of a form; `undefined` if the request has no body. */
  body: unknown;
}

export interface SentResponse {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  /** The parsed JSON; `undefined` if the response has no body. */
  body: unknown;
}

/** Replaces one value of a document if the value contradicts the document itself or the real API. */
export interface DocumentCorrection {
  /** The JSON pointer to the value: `#/components/schemas/Account/properties/id/format`. */
  pointer: string;
  /** The new value. `undefined` removes the property. */
  value: unknown;
  reason: string;
}

/** The folder with the official documents. It is next to the repository and not part of it. */
const SPECS_DIRECTORY = join(dirname(fileURLToPath(import.meta.url)), '../../../../../../shared/specs');

export class PspDocumentValidator {
  private readonly operations: OperationIndex;
  private readonly requestChecker: SchemaChecker;
  private readonly responseChecker: SchemaChecker;
  private readonly parameterChecker: ParameterChecker;

  constructor(private readonly root: OpenApiNode) {
    this.operations = new OperationIndex(root);
    this.requestChecker = new SchemaChecker(root, 'request');
    this.responseChecker = new SchemaChecker(root, 'response');
    this.parameterChecker = new ParameterChecker(root, this.requestChecker);
  }

  /**
   * Loads a document from a file.
   * @throws Error if the file is not an OpenAPI 3 document, or if the pointer of a correction does not exist
   */
  static async load(
    path: string,
    corrections: readonly DocumentCorrection[] = [],
  ): Promise<PspDocumentValidator> {
    const text = await readFile(path, 'utf8');
    const root: unknown = path.endsWith('.json') ? JSON.parse(text) : parse(text, { maxAliasCount: -1 });
    if (!isOpenApiNode(root) || !String(root['openapi']).startsWith('3.')) {
      throw new Error(`${path} is no OpenAPI 3 document`);
    }
    for (const correction of corrections) applyCorrection(root, correction);
    return new PspDocumentValidator(root);
  }

  /**
   * Loads an official document from `../shared/specs`, e.g. `mollie/specs.yaml`. If the file is absent, a message is printed that the
   * checks are skipped.
   * @returns `undefined` if the file is absent. A `FakePsp` without a document validates nothing
   */
  static async loadOfficial(
    file: string,
    corrections?: readonly DocumentCorrection[],
  ): Promise<PspDocumentValidator | undefined> {
    const path = join(SPECS_DIRECTORY, file);
    if (existsSync(path)) return PspDocumentValidator.load(path, corrections);
    process.stderr.write(`skipped: checks against ${file}, because ../shared/specs/${file} is absent\n`);
    return undefined;
  }

  /** The names of the broken schemas that the checks skip. A schema is compiled when it is first needed. */
  get skippedSchemas(): string[] {
    return [
      ...new Set([
        ...this.requestChecker.skippedSchemas.keys(),
        ...this.responseChecker.skippedSchemas.keys(),
      ]),
    ];
  }

  /**
   * Returns the document's examples of an operation.
   * @param path the path template as in the document
   * @throws Error if the document does not have the operation
   */
  getExamples(method: string, path: string): Example[] {
    return getExamples(this.root, this.operations.get(method, path));
  }

  /**
   * Checks a request.
   * @returns one string per problem, with operation, location, expected and found value. The array is empty if the request is valid
   */
  checkRequest(request: SentRequest): string[] {
    const match = this.operations.match(request.method, request.path);
    if (match === undefined) return [`the document has no ${request.method} ${request.path}`];
    const { operation, params } = match;
    const problems = [
      ...findSecurityProblems(this.root, operation.security, request),
      ...this.parameterChecker.check(operation.parameters, { ...request, path: params }),
      ...this.findBodyProblems(operation, request),
    ];
    return problems.map((problem) => `${operation.method} ${operation.path}: request: ${problem}`);
  }

  /**
   * Checks the response to a request.
   * @returns one string per problem, in the same form as for `checkRequest`
   */
  checkResponse({ method, path }: Pick<SentRequest, 'method' | 'path'>, response: SentResponse): string[] {
    const match = this.operations.match(method, path);
    if (match === undefined) return [`the document has no ${method} ${path}`];
    const { operation } = match;
    return this.findResponseProblems(operation, response).map(
      (problem) => `${operation.method} ${operation.path}: response ${response.status}: ${problem}`,
    );
  }

  private findBodyProblems({ node }: OpenApiOperation, { headers, body }: SentRequest): string[] {
    const documented = resolveReference(this.root, getChild(node, 'requestBody'));
    if (body === undefined) return documented['required'] === true ? ['a body is required, and absent'] : [];
    if (documented['content'] === undefined) return ['the document has no body here'];
    return this.findContentProblems(
      getChild(documented, 'content'),
      headers['content-type'],
      body,
      this.requestChecker,
    );
  }

  private findResponseProblems(
    { node }: OpenApiOperation,
    { status, headers, body }: SentResponse,
  ): string[] {
    const responses = getChild(node, 'responses');
    const documented =
      responses[status] ?? responses[`${Math.floor(status / 100)}XX`] ?? responses['default'];
    if (!isOpenApiNode(documented))
      return [`expected one of the statuses ${Object.keys(responses).join(', ')}`];
    const { content } = resolveReference(this.root, documented);
    if (!isOpenApiNode(content)) return body === undefined ? [] : ['the document has no body here'];
    if (body === undefined) return ['a body is expected, and absent'];
    return this.findContentProblems(content, headers['content-type'], body, this.responseChecker);
  }

  private findContentProblems(
    content: OpenApiNode,
    sentType: string | undefined,
    body: unknown,
    checker: SchemaChecker,
  ): string[] {
    const type = sentType?.split(';')[0]?.trim().toLowerCase() ?? 'none';
    const media = content[type] ?? content[`${type.split('/')[0]}/*`] ?? content['*/*'];
    if (!isOpenApiNode(media))
      return [`expected content of type ${Object.keys(content).join(', ')}, found ${type}`];
    return media['schema'] === undefined ? [] : checker.check(media['schema'], body);
  }
}

function applyCorrection(root: OpenApiNode, { pointer, value }: DocumentCorrection): void {
  const separatorIndex = pointer.lastIndexOf('/');
  const parent = resolvePointer(root, pointer.slice(0, separatorIndex)) as Record<string, unknown>;
  const key = pointer
    .slice(separatorIndex + 1)
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
  if (value === undefined) delete parent[key];
  else parent[key] = value;
}
