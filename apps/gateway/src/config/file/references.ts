/**
 * Resolves references in strings of the deployment file. `${NAME}` and `${NAME:-default}` are replaced by an environment variable.
 * A string that begins with `file:` is replaced by the content of that file, and a string that begins with the scheme of a secret source,
 * e.g. `vault:`, by the secret. `$${` is an escaped `${`.
 */
import { readFileSync, statSync, type Stats } from 'node:fs';
import { RemoteSecrets } from '../secrets/remote-secrets.js';
import { parseSecretReference, type SecretReference } from '../secrets/secret-reference.js';
import { UnresolvedReferenceError } from './unresolved-reference-error.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface ResolvedReference {
  text: string;
  /**
   * Where the parts of the string come from, e.g. `environment variable HOUSE_BANK_KEY`. Errors may contain these names, but not the string
   * itself.
   */
  origins: string[];
  /**
   * The values that came from the environment, a file or a secret source, which are secret. A default that is written in the deployment file is not a
   * secret.
   */
  secrets: string[];
  /** The reference whose secret was not requested. `text` is then the reference itself. */
  unread?: SecretReference;
}

const FILE = 'file:';
const MAX_FILE_BYTES = 64 * 1024;
const REFERENCE_PATTERN = /\$\$\{|\$\{([^}]*)\}|\$\{/g;
const VARIABLE_PATTERN = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * Resolves all references in one string of the deployment file.
 * @param remoteSecrets the values of references to secret sources; without it, such references are unread
 * @throws UnresolvedReferenceError if a reference is malformed, or if a variable, file or secret is missing, empty or unreadable
 */
export function resolveReferences(
  rawValue: string,
  environment: Environment,
  remoteSecrets = new RemoteSecrets(),
): ResolvedReference {
  const resolved = expandVariables(rawValue, environment);
  // The string is a path only if the deployment file itself contains `file:`. The value of a variable may begin with `file:` by chance.
  if (rawValue.startsWith(FILE)) return readSecretFile(resolved);
  const reference = parseSecretReference(rawValue, resolved.text);
  return reference === undefined ? resolved : resolveRemoteSecret(reference, remoteSecrets);
}

function resolveRemoteSecret(reference: SecretReference, remoteSecrets: RemoteSecrets): ResolvedReference {
  const value = remoteSecrets.resolve(reference);
  const origins = [`the secret ${reference.displayName}`];
  return value === undefined
    ? { text: reference.text, origins, secrets: [], unread: reference }
    : { text: value, origins, secrets: [value] };
}

function expandVariables(rawValue: string, environment: Environment): ResolvedReference {
  const origins: string[] = [];
  const secrets: string[] = [];
  const text = rawValue.replace(REFERENCE_PATTERN, (match, inner: string | undefined) => {
    if (match === '$${') return '${';
    const [, name, fallback] = VARIABLE_PATTERN.exec(inner ?? '') ?? [];
    if (name === undefined || fallback?.includes('${')) throw new UnresolvedReferenceError(MALFORMED_MESSAGE);
    // The check is needed because an inherited property such as `toString` is not a variable.
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value) secrets.push(value);
    origins.push(`${value ? '' : 'the default of '}environment variable ${name}`);
    return value || (fallback ?? throwMissingVariable(name, value));
  });
  return { text, origins, secrets };
}

const MALFORMED_MESSAGE =
  'found a "${" that does not begin a reference; expected ${NAME} or ${NAME:-default} with a name of letters, digits and _. ' +
  'Write $${ where a plain ${ is meant';

function throwMissingVariable(name: string, value: string | undefined): never {
  const state = value === undefined ? 'is not set' : 'is empty';
  throw new UnresolvedReferenceError(
    `environment variable ${name} ${state}. Set it, or write a default: \${${name}:-default}`,
  );
}

function readSecretFile({ text, origins }: ResolvedReference): ResolvedReference {
  const file = text.slice(FILE.length);
  // If a variable is part of the path, the path can contain a secret, so it is not shown.
  const displayName = origins.length === 0 ? file : `named with ${origins.join(' and ')}`;
  const content = readSmallFile(file, displayName).trim();
  if (content === '')
    throw new UnresolvedReferenceError(`the file ${displayName} is empty; expected the value in it`);
  return { text: content, origins: [`file ${displayName}`], secrets: [content] };
}

function readSmallFile(file: string, displayName: string): string {
  try {
    assertReadableFile(statSync(file), displayName);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof UnresolvedReferenceError) throw error;
    throw new UnresolvedReferenceError(
      `the file ${displayName} cannot be read: ${getFileErrorMessage(error)}`,
    );
  }
}

/** Rejects a device or a pipe before it is read. Reading a device never ends, and reading a pipe without a writer blocks. */
function assertReadableFile(status: Stats, displayName: string): void {
  if (!status.isFile() && !status.isDirectory()) {
    throw new UnresolvedReferenceError(
      `the file ${displayName} is a device, a pipe or a socket; expected a file with the value in it`,
    );
  }
  if (status.isFile() && status.size > MAX_FILE_BYTES) {
    throw new UnresolvedReferenceError(
      `the file ${displayName} has ${status.size} bytes; expected at most ${MAX_FILE_BYTES}`,
    );
  }
}

const FILE_ERROR_MESSAGES: Readonly<Record<string, string>> = {
  ENOENT: 'there is none',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
  ENOTDIR: 'there is none',
};

/** Converts a file-system error code to a message. */
export function getFileErrorMessage(error: unknown): string {
  const code = typeof error === 'object' && error && 'code' in error ? String(error.code) : 'unknown error';
  return FILE_ERROR_MESSAGES[code] ?? code;
}
