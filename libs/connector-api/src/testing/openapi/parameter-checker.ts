/** Checks the parameters of a request. Their strings are converted to the types of their schemas, and then validated. */
import { getChild, resolveReference, isOpenApiNode } from './openapi-node.js';
import type { OpenApiNode } from './openapi-node.js';
import type { SchemaChecker } from './schema-checker.js';

export interface SentParameters {
  path: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The headers. Their names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** The headers that OpenAPI does not treat as parameters. Source: OpenAPI specification, "Parameter Object". */
const IGNORED_HEADERS = new Set(['accept', 'content-type', 'authorization']);

export class ParameterChecker {
  constructor(
    private readonly root: OpenApiNode,
    private readonly checker: SchemaChecker,
  ) {}

  check(parameters: readonly OpenApiNode[], sent: SentParameters): string[] {
    const problems = parameters.flatMap((parameter) => this.checkOne(parameter, sent));
    return [...problems, ...findUnknownQueryParameters(parameters, sent.query)];
  }

  private checkOne(parameter: OpenApiNode, sent: SentParameters): string[] {
    const name = String(parameter['name']);
    const place = String(parameter['in']);
    if (place === 'cookie' || (place === 'header' && IGNORED_HEADERS.has(name.toLowerCase()))) return [];
    const schema = getChild(parameter, 'schema');
    const texts = readRawValue(parameter, place, name, sent);
    if (texts === undefined) {
      return parameter['required'] === true ? [`${place} parameter ${name} is required, and absent`] : [];
    }
    const value = this.parseValue(texts, schema);
    return this.checker.check(schema, value).map((problem) => `${place} parameter ${name} ${problem}`);
  }

  private parseValue(texts: string[] | Readonly<Record<string, string>>, schema: OpenApiNode): unknown {
    const whole = resolveReference(this.root, schema);
    if (!Array.isArray(texts)) return texts;
    const item = resolveReference(this.root, getChild(whole, 'items'));
    if (getTypes(whole).includes('array')) return texts.map((text) => parseByType(text, getTypes(item)));
    return texts.length === 1 ? parseByType(texts[0] ?? '', getTypes(whole)) : texts;
  }
}

function readRawValue(
  parameter: OpenApiNode,
  place: string,
  name: string,
  { path, query, headers }: SentParameters,
): string[] | Record<string, string> | undefined {
  if (place === 'path') return path[name] === undefined ? undefined : [path[name]];
  if (place === 'header') {
    const header = headers[name.toLowerCase()];
    return header === undefined ? undefined : [header];
  }
  const properties = [...query].flatMap(([key, value]) => {
    const property = key.startsWith(`${name}[`) ? /^\[([^\]]+)\]$/.exec(key.slice(name.length)) : null;
    return property ? [[property[1] ?? '', value]] : [];
  });
  if (properties.length > 0) return Object.fromEntries(properties) as Record<string, string>;
  if (!query.has(name)) return undefined;
  const isList = getChild(parameter, 'schema')['type'] === 'array';
  return query
    .getAll(name)
    .flatMap((text) => (isList && parameter['explode'] === false ? text.split(',') : [text]));
}

function findUnknownQueryParameters(parameters: readonly OpenApiNode[], query: URLSearchParams): string[] {
  const known = new Set(parameters.filter((one) => one['in'] === 'query').map((one) => String(one['name'])));
  return [...new Set(query.keys())]
    .filter((key) => !known.has(key) && !known.has(key.replace(/\[.*$/, '')))
    .map((key) => `the document has no query parameter ${JSON.stringify(key)} here`);
}

function getTypes(schema: OpenApiNode): string[] {
  const { type } = schema;
  if (Array.isArray(type)) return type.map(String);
  if (typeof type === 'string') return [type];
  return ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => {
    const parts = schema[keyword];
    return Array.isArray(parts) ? parts.filter(isOpenApiNode).flatMap(getTypes) : [];
  });
}

function parseByType(text: string, types: readonly string[]): unknown {
  const isNumber = types.includes('integer') || types.includes('number');
  if (isNumber && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
