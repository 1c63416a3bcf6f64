/** Checks the parameters of a request: converts their strings to the types of their schemas, then validates the values. */
import { child, deref, isNode } from './node.js';
import type { Node } from './node.js';
import type { SchemaChecker } from './schema-checker.js';

export interface SentParameters {
  path: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Header names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
}

/** Headers that OpenAPI does not treat as parameters. Source: OpenAPI specification, "Parameter Object". */
const NOT_PARAMETERS = new Set(['accept', 'content-type', 'authorization']);

export class ParameterChecker {
  constructor(
    private readonly root: Node,
    private readonly checker: SchemaChecker,
  ) {}

  check(parameters: readonly Node[], sent: SentParameters): string[] {
    const problems = parameters.flatMap((parameter) => this.checkOne(parameter, sent));
    return [...problems, ...unknownQuery(parameters, sent.query)];
  }

  private checkOne(parameter: Node, sent: SentParameters): string[] {
    const name = String(parameter['name']);
    const place = String(parameter['in']);
    if (place === 'cookie' || (place === 'header' && NOT_PARAMETERS.has(name.toLowerCase()))) return [];
    const schema = child(parameter, 'schema');
    const texts = textsOf(parameter, place, name, sent);
    if (texts === undefined) {
      return parameter['required'] === true ? [`${place} parameter ${name} is required, and absent`] : [];
    }
    const value = this.valueOf(texts, schema);
    return this.checker.check(schema, value).map((problem) => `${place} parameter ${name} ${problem}`);
  }

  private valueOf(texts: string[] | Readonly<Record<string, string>>, schema: Node): unknown {
    const whole = deref(this.root, schema);
    if (!Array.isArray(texts)) return texts;
    const item = deref(this.root, child(whole, 'items'));
    if (typesOf(whole).includes('array')) return texts.map((text) => coerce(text, typesOf(item)));
    return texts.length === 1 ? coerce(texts[0] ?? '', typesOf(whole)) : texts;
  }
}

function textsOf(
  parameter: Node,
  place: string,
  name: string,
  { path, query, headers }: SentParameters,
): string[] | Record<string, string> | undefined {
  if (place === 'path') return path[name] === undefined ? undefined : [path[name]];
  if (place === 'header') {
    const header = headers[name.toLowerCase()];
    return header === undefined ? undefined : [header];
  }
  const members = [...query].flatMap(([key, value]) => {
    const member = key.startsWith(`${name}[`) ? /^\[([^\]]+)\]$/.exec(key.slice(name.length)) : null;
    return member ? [[member[1] ?? '', value]] : [];
  });
  if (members.length > 0) return Object.fromEntries(members) as Record<string, string>;
  if (!query.has(name)) return undefined;
  const isList = child(parameter, 'schema')['type'] === 'array';
  return query
    .getAll(name)
    .flatMap((text) => (isList && parameter['explode'] === false ? text.split(',') : [text]));
}

function unknownQuery(parameters: readonly Node[], query: URLSearchParams): string[] {
  const known = new Set(parameters.filter((one) => one['in'] === 'query').map((one) => String(one['name'])));
  return [...new Set(query.keys())]
    .filter((key) => !known.has(key) && !known.has(key.replace(/\[.*$/, '')))
    .map((key) => `the document has no query parameter ${JSON.stringify(key)} here`);
}

function typesOf(schema: Node): string[] {
  const { type } = schema;
  if (Array.isArray(type)) return type.map(String);
  if (typeof type === 'string') return [type];
  return ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => {
    const parts = schema[keyword];
    return Array.isArray(parts) ? parts.filter(isNode).flatMap(typesOf) : [];
  });
}

function coerce(text: string, types: readonly string[]): unknown {
  const isNumber = types.includes('integer') || types.includes('number');
  if (isNumber && /^-?\d+(?:\.\d+)?$/.test(text)) return Number(text);
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
