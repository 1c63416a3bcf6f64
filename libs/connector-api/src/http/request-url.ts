/** Builds the URL of a request from the base URL, a path template and the query parameters. */
import { InvalidRecordError } from '../errors.js';
import type { QueryParameters } from './request.types.js';

/** The host names of the loopback interface. */
const LOOPBACK_HOSTS = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * Validates a base URL.
 * @returns the URL without trailing slashes
 * @throws Error for a URL over which credentials must not be sent
 */
export function validateBaseUrl(name: string, baseUrl: string, isPlainHttpAllowed = false): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  const isPlainHttpSafe = isPlainHttpAllowed || LOOPBACK_HOSTS.has(url?.hostname ?? '');
  const safe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isPlainHttpSafe);
  if (url === undefined || !safe) {
    throw new Error(`${name}: the base URL must begin with https:// (http:// only for this machine itself)`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new Error(`${name}: the base URL must have no user name, password, query or fragment`);
  }
  return url.href.replace(/\/+$/, '');
}

/**
 * Replaces the placeholders of a path template: `('/transaction/{id}', { id: 'a/b' })` → `/transaction/a%2Fb`.
 * @throws InvalidRecordError for a value that is empty, `.`, `..` or not well-formed Unicode, because such a value would change the
 * structure of the path
 * @throws Error for a template without a leading slash, or for a missing value
 */
export function fillPath(template: string, params: Readonly<Record<string, string>> = {}): string {
  if (!template.startsWith('/'))
    throw new Error(`the path ${JSON.stringify(template)} does not begin with a slash`);
  return template.replace(/\{(\w+)\}/g, (_placeholder, name: string) => {
    const value = params[name];
    if (value === undefined) throw new Error(`the path ${template} lacks a value for {${name}}`);
    if (value === '' || value === '.' || value === '..' || !value.isWellFormed()) {
      throw new InvalidRecordError(`${JSON.stringify(value)} cannot be the {${name}} of ${template}`);
    }
    return encodeURIComponent(value);
  });
}

/**
 * Formats query parameters: `{ state: ['a', 'b'] }` → `?state=a&state=b`.
 * @returns an empty string if there are no values
 */
export function formatQuery(query: QueryParameters = {}): string {
  const pairs = Object.entries(query).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const values = Array.isArray(value) ? (value as readonly string[]) : [String(value)];
    return values.map((one): [string, string] => [key, one]);
  });
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}
